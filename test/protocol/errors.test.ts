// The promises of the error table and of errors that cross the socket.
import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import * as errors from "../../protocol/errors.js";

const { ERRORS, fromErrorObject, HearthError, toErrorObject } = errors;

/** The codes the protocol defines. -32005 has two kinds: a wrong configuration is an error state of its own to clients. */
const CODES = [
  -32700, -32600, -32601, -32602, -32603, -32001, -32002, -32003, -32004, -32005, -32005, -32006, -32007, -32008,
  -32009, -32010, -32011, -32800,
];

test("every code of the protocol is there, and no other", () => {
  expect(Object.values(ERRORS).map(({ code }) => code)).toEqual(CODES);
});

test.each(Object.entries(ERRORS))("%s is kebab-case, and has words of its own", (kind, { message, hint }) => {
  const others = Object.entries(ERRORS).filter(([other]) => other !== kind);
  expect(kind).toMatch(/^[a-z]+(-[a-z]+)*$/);
  expect(message).toMatch(/^[A-Z].*\.$/);
  expect(hint).toMatch(/^[A-Z].*\.$/);
  expect(others.map(([, other]) => other.message)).not.toContain(message);
});

test("there is a factory for each kind, and it makes that kind", () => {
  const made = [
    errors.parseError(),
    errors.invalidRequest(),
    errors.methodNotFound("agent.gte"),
    errors.invalidParams("agent: must not be empty"),
    errors.internal(),
    errors.badToken(),
    errors.notAttached(),
    errors.notPermitted('stop agent "db"'),
    errors.noSuchAgent("gatway"),
    errors.notPossible("It is failed."),
    errors.badConfig("It is wrong."),
    errors.timedOut("it was ready"),
    errors.storageUnavailable(),
    errors.shuttingDown(),
    errors.limitReached("Too many."),
    errors.frameTooLarge(10),
    errors.noSuchRequest("r1"),
    errors.cancelled(),
  ];
  expect(made.map(({ kind, code }) => [kind, code])).toEqual(
    Object.entries(ERRORS).map(([kind, { code }]) => [kind, code]),
  );
});

test("an agent that acts on another is told the permission that is missing", () => {
  const error = errors.mayNotControl("mayor", "poke", "gastown/witness");
  const permission = 'may_control = ["gastown/witness"]';
  expect(error).toMatchObject({ code: -32003, kind: "not-permitted", data: { permission } });
  expect(error.message).toBe(
    `Agent "mayor" may not poke agent "gastown/witness": its definition does not say ${permission}.`,
  );
  expect(error.hint).toContain('the definition of "mayor"');
});

test("an error arrives as it was thrown", () => {
  const thrown = errors.noSuchAgent("gatway", ["gateway"]);
  const arrived = fromErrorObject(JSON.parse(JSON.stringify(toErrorObject(thrown))));
  expect(arrived).toBeInstanceOf(HearthError);
  expect({ ...arrived, message: arrived.message }).toEqual({ ...thrown, message: thrown.message });
  expect(arrived.data).toEqual({ suggestions: ["gateway"] });
  expect(arrived.message).toBe('There is no agent "gatway"; the nearest: "gateway".');
});

test("data cannot shadow the kind or the hint", () => {
  const error = errors.badConfig("wrong", { data: { kind: "x", hint: "y", file: "hearth.toml" } });
  expect(toErrorObject(error).data).toEqual({
    kind: "bad-config",
    hint: ERRORS["bad-config"].hint,
    file: "hearth.toml",
  });
});

test.each([new TypeError("/secret/path"), "text", undefined, { code: -32001 }])(
  "anything else thrown tells nothing of itself (%s)",
  (thrown) => {
    const { message, hint } = ERRORS.internal;
    expect(toErrorObject(thrown)).toEqual({ code: -32603, message, data: { kind: "internal", hint } });
  },
);

test.each([undefined, null, "text", 7, [], {}, { code: "x", message: 1, data: 2 }])(
  "a response with the error %j is still an error",
  (value) => {
    expect(fromErrorObject(value)).toMatchObject({ code: -32603, kind: "internal" });
  },
);

test("an error without data, as other servers send it, is known by its code", () => {
  expect(fromErrorObject({ code: -32601, message: "Nope" })).toMatchObject({
    kind: "method-not-found",
    message: "Nope",
    hint: ERRORS["method-not-found"].hint,
  });
});

test("a kind that only a newer daemon knows is kept", () => {
  const error = { code: -32012, message: "m", data: { kind: "too-cold", hint: "h", degrees: 3 } };
  expect(fromErrorObject(error)).toMatchObject({ code: -32012, kind: "too-cold", hint: "h", data: { degrees: 3 } });
});

test("every kind is listed for readers of the protocol", () => {
  const readme = readFileSync("protocol/README.md", "utf8");
  for (const [kind, { code }] of Object.entries(ERRORS)) expect(readme).toMatch(new RegExp(`${code}.*\`${kind}\``));
});
