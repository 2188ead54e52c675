// The promises of the method table: it is complete, its examples are true, and what doesn't fit is refused by name.
import { expect, test } from "vitest";
import { EVENT_TYPES, matchEventType } from "../../protocol/events.js";
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
  ["events.subscribe", { types: ["agent.exitd"] }, "the nearest: agent.exited"],
  ["events.subscribe", { agents: ["../x"] }, 'agents.0: "../x" is not the name of an agent'],
] as const)("%s with %j is refused", (method, params, why) => {
  expect(() => checkParams(method, params)).toThrow(why);
});

test("a filter of event types matches one type, a family, or all", () => {
  const passing = (filter: string) => EVENT_TYPES.filter((type) => matchEventType(filter, type)).length;
  expect(passing("agent.exited")).toBe(1);
  expect(passing("daemon.*")).toBe(5);
  expect(passing("*")).toBe(EVENT_TYPES.length);
  expect(passing("agent")).toBe(0);
});
