// The promises of the method table: it is complete, its examples are true, and what doesn't fit is refused by name.
import { expect, test } from "vitest";
import { EVENT_TYPES, events, matchEventType } from "../../protocol/events.js";
import { exampleRequest } from "../../protocol/examples.js";
import { isFinal, MAX_HANDOFF_BYTES, MAX_KEY_LENGTH, REQUEST_STATES } from "../../protocol/lifecycle.js";
import { isMethodName, type MethodName, type MethodSpec, methods } from "../../protocol/methods.js";
import { check, checkParams } from "../../protocol/validate.js";

const names = Object.keys(methods) as MethodName[];

test.each(Object.entries<MethodSpec>(methods))(
  "the example of %s fits its schemas",
  (_name, { params, result, example }) => {
    expect(check(params, example.params)).toMatchObject({ ok: true });
    expect(check(result, example.result)).toMatchObject({ ok: true });
  },
);

test.each(names)("%s refuses an unknown field by name", (method) => {
  const params = { ...methods[method].example.params, colour: "red" };
  expect(() => checkParams(method, params)).toThrow('colour: there is no field "colour"');
});

test.each(names)("%s refuses positional params with a hint", (method) => {
  expect(() => checkParams(method, [])).toThrow(
    expect.objectContaining({ kind: "invalid-params", hint: expect.stringContaining("object") }),
  );
});

test.each(["toString", "constructor", "__proto__", "", "agent"])("%j is no method", (name) => {
  expect(isMethodName(name)).toBe(false);
});

test("omitted params are {}, and defaults are filled in", () => {
  expect(checkParams("system.ping", undefined)).toEqual({});
  expect(checkParams("daemon.shutdown", undefined)).toEqual({ keepAgents: false });
  expect(checkParams("agent.start", { agent: "gastown/*" })).toEqual({ agent: "gastown/*", wait: false, reset: false });
  expect(checkParams("agent.logs", { agent: "mayor/" })).toMatchObject({ agent: "mayor", lines: 50 });
});

test.each([null, 7, "text", true])("params %j are refused", (params) => {
  expect(() => checkParams("system.ping", params)).toThrow("expected a table");
});

test.each([
  ["agent.get", {}, 'agent: the field "agent" is missing'],
  ["agent.get", { agent: "gastown/*" }, 'agent: "gastown/*" is not the name of an agent'],
  ["agent.stop", { agent: "x", wait: "yes" }, 'wait: expected true or false, got "yes"'],
  ["agent.stop", { agent: "x", wiat: true }, 'wiat: there is no field "wiat"; did you mean "wait"?'],
  ["agent.signal", { agent: "x", signal: "SIGSEGV" }, "signal: expected"],
  ["agent.logs", { agent: "x", lines: -1 }, "lines: expected a whole number"],
  ["agent.add", { name: "daemon", command: "x" }, '"daemon" is the daemon itself'],
  ["agent.poke", { agent: "gastown/*" }, 'agent: "gastown/*" is not the name of an agent'],
  ["agent.poke", { agent: "x", message: "\x9b201~" }, "message: must not contain the control character U+009B"],
  ["agent.poke", { agent: "x", message: "x".repeat(5_000) }, "message: must have at most 4096 bytes, has 5000"],
  ["agent.capture", { agent: "x", lines: 0 }, "lines: expected a whole number from 1"],
  ["agent.beat", { status: "x".repeat(1_025) }, "status: must have at most 1024 bytes"],
  ["agent.beat", { agent: "x" }, 'agent: there is no field "agent"'],
  ["lifecycle.request", {}, 'action: the field "action" is missing'],
  ["lifecycle.request", { action: "explode" }, 'action: expected "cycle" or "restart" or "shutdown", got "explode"'],
  ["lifecycle.request", { action: "cycle", from: "mayor" }, 'from: there is no field "from"'],
  ["lifecycle.request", { action: "cycle", agent: "gastown/*" }, 'agent: "gastown/*" is not the name of an agent'],
  ["lifecycle.request", { action: "cycle", reason: "" }, "reason: must not be empty"],
  ["lifecycle.request", { action: "cycle", reason: "\u00e9".repeat(513) }, "reason: must have at most 1024 bytes"],
  ["lifecycle.request", { action: "cycle", key: "x".repeat(129) }, "key: must have at most 128 characters"],
  ["lifecycle.request", { action: "cycle", key: "" }, "key: must not be empty"],
  ["lifecycle.request", { action: "cycle", requestedAt: "yesterday" }, 'requestedAt: "yesterday" is not a moment'],
  ["lifecycle.request", { action: "cycle", requestedAt: 1 }, "requestedAt: expected a string, got 1"],
  ["lifecycle.request", { action: "cycle", handoff: 7 }, "handoff: expected a string, got 7"],
  ["lifecycle.wait", { id: "r1", timeoutMs: 2 ** 31 }, "timeoutMs: expected a whole number from 0 to 2147483647"],
  ["lifecycle.wait", { id: "r1", timeoutMs: -1 }, "timeoutMs: expected a whole number"],
  ["lifecycle.list", { state: "open" }, 'state: expected "accepted"'],
  ["lifecycle.list", { limit: 0 }, "limit: expected a whole number from 1"],
  ["handoff.put", {}, 'handoff: the field "handoff" is missing'],
  ["handoff.put", { handoff: "a\ud800b" }, "handoff: is not UTF-8: it has half of a surrogate pair (U+D800)"],
  ["events.subscribe", { types: ["lifecycle.dun"] }, "the nearest: lifecycle.done"],
  ["events.subscribe", { types: ["agent.exitd"] }, "the nearest: agent.exited"],
  ["events.subscribe", { agents: ["../x"] }, 'agents.0: "../x" is not the name of an agent'],
] as const)("%s with %j is refused", (method, params, why) => {
  expect(() => checkParams(method, params)).toThrow(why);
});

test.each([
  ["as many bytes as are allowed", "x".repeat(MAX_HANDOFF_BYTES)],
  ["as many bytes of other letters", "\u00e9".repeat(MAX_HANDOFF_BYTES / 2)],
  ["nothing", ""],
  ["line ends, controls and emoji", "\0a\r\n\x1b[31m\u{1f525}"],
])("a handoff of %s passes as it is", (_, handoff) => {
  expect(checkParams("handoff.put", { handoff })).toEqual({ handoff });
});

test.each([
  ["x".repeat(MAX_HANDOFF_BYTES + 1), 1_048_577],
  ["\u{1f525}".repeat(MAX_HANDOFF_BYTES / 4 + 1), 1_048_580],
])("a handoff is measured in bytes, not in characters (%#)", (handoff, bytes) => {
  const why = `handoff: must have at most 1048576 bytes of UTF-8, has ${bytes}`;
  expect(() => checkParams("handoff.put", { handoff })).toThrow(why);
  expect(() => checkParams("lifecycle.request", { action: "cycle", handoff })).toThrow(why);
});

test("an environment is bounded as a whole, names and all", () => {
  const restart = (value: string) => checkParams("agent.restart", { agent: "a", env: { NAME: value } });
  expect(restart("x".repeat(1_048_572))).toMatchObject({ agent: "a" });
  expect(() => restart("x".repeat(1_048_573))).toThrow("env: must have at most 1048576 bytes");
  expect(checkParams("agent.restart", { agent: "a", env: null })).toMatchObject({ env: null });
});

test("a request comes out with its names and its time in one form", () => {
  const params = { agent: "mayor/", action: "cycle", requestedAt: "2026-03-01T09:00:00.5+01:00" } as const;
  expect(checkParams("lifecycle.request", params)).toEqual({
    agent: "mayor",
    action: "cycle",
    requestedAt: "2026-03-01T08:00:00.500Z",
  });
});

test("a longest key passes", () => {
  const key = "x".repeat(MAX_KEY_LENGTH);
  expect(checkParams("lifecycle.request", { action: "shutdown", key })).toMatchObject({ key });
});

test("exactly the states after running are final", () => {
  expect(REQUEST_STATES.filter(isFinal)).toEqual(["done", "failed", "expired", "superseded"]);
});

test("there is an event for each state of a request, which tells all of it but the handoff", () => {
  const told = REQUEST_STATES.map((state) => check(events[`lifecycle.${state}`], { ...exampleRequest, state }));
  expect(told).toEqual(REQUEST_STATES.map((state) => ({ ok: true, value: { ...exampleRequest, state } })));
});

test("a filter of event types matches one type, a family, or all", () => {
  const passing = (filter: string) => EVENT_TYPES.filter((type) => matchEventType(filter, type)).length;
  expect(passing("agent.exited")).toBe(1);
  expect(passing("daemon.*")).toBe(5);
  expect(passing("lifecycle.*")).toBe(6);
  expect(passing("beat")).toBe(1);
  expect(passing("*")).toBe(EVENT_TYPES.length);
  expect(passing("agent")).toBe(0);
});
