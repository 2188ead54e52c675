// The promises of the descriptor: a good one survives the trip, a bad one is told apart and never trusted.
import * as fc from "fast-check";
import { expect, test } from "vitest";
import { type Descriptor, formatDescriptor, parseDescriptor } from "../../protocol/descriptor.js";

const descriptor: Descriptor = {
  version: 1,
  pid: 4200,
  processStart: { start: "8812345", boot: "0f0d4c1e", init: "17" },
  instanceId: "5f0c1c1e",
  socketPath: "/home/ada/.hearth/daemon.sock",
  token: 'a"}{\\',
  daemonVersion: "0.1.0",
  protocolVersion: 1,
  startedAt: "2026-03-01T07:00:00.000Z",
  logFile: "/home/ada/.hearth/logs/daemon.log",
};

function reasonFor(text: string): string {
  const parsed = parseDescriptor(text);
  return parsed.ok ? "ok" : parsed.reason;
}

test("what is written is what is read", () => {
  expect(parseDescriptor(formatDescriptor(descriptor))).toEqual({ ok: true, descriptor });
});

test("fields of a later daemon of the same version are ignored", () => {
  expect(parseDescriptor(JSON.stringify({ ...descriptor, colour: "red" }))).toEqual({ ok: true, descriptor });
});

test.each(["", " \n"])("a file without content is empty (%j)", (text) => {
  expect(reasonFor(text)).toBe("empty");
});

test("a file cut anywhere is half-written", () => {
  const text = formatDescriptor(descriptor).trimEnd();
  for (let length = 1; length < text.length; length++) expect(reasonFor(text.slice(0, length))).toBe("half-written");
});

test.each(["pid 4200", "\0\0\0\0", '{"version": 1,}', "}{}"])("other text is not JSON (%j)", (text) => {
  expect(reasonFor(text)).toBe("not-json");
});

test("a higher version is newer, whatever else it holds", () => {
  expect(reasonFor('{"version": 2}')).toBe("newer-version");
});

test.each(["null", "[]", '"x"', "{}", '{"version": 0}', '{"version": "1"}'])("%s is invalid", (text) => {
  expect(reasonFor(text)).toBe("invalid");
});

test.each(Object.keys(descriptor))("a descriptor without %s is invalid", (field) => {
  expect(reasonFor(JSON.stringify({ ...descriptor, [field]: undefined }))).toBe("invalid");
});

test.each([
  ["pid", -1],
  ["pid", 0],
  ["pid", 1.5],
  ["pid", "4200"],
  ["socketPath", ""],
  ["socketPath", "/a\0b"],
  ["startedAt", "yesterday"],
  ["processStart", { start: "", boot: "", init: "" }],
  ["processStart", "8812345"],
  ["token", null],
])("%s %j is invalid, and named", (field, value) => {
  const parsed = parseDescriptor(JSON.stringify({ ...descriptor, [field]: value }));
  expect(parsed).toMatchObject({ ok: false, reason: "invalid", detail: expect.stringContaining(field) });
});

test("no text makes it throw", () => {
  return fc.assert(
    fc.property(fc.oneof(fc.string(), fc.json()), (text) => typeof parseDescriptor(text).ok === "boolean"),
  );
});
