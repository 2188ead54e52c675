// The promises of agent names and globs.
import * as fc from "fast-check";
import { expect, test } from "vitest";
import { isGlob, matchGlob, parseAgentGlob, parseAgentName } from "../../protocol/names.js";
import { PATIENCE_MS } from "../support/deadline.js";

test.each(["mayor", "gastown/witness", "a", "0", "A-b_c/9", "a".repeat(128)])("%s is a name", (name) => {
  expect(parseAgentName(name)).toBe(name);
});

test("a trailing slash is ignored", () => {
  expect(parseAgentName("mayor/")).toBe("mayor");
  expect(parseAgentName(`${"a".repeat(128)}/`)).toBe("a".repeat(128));
  expect(parseAgentGlob("gastown/*/")).toBe("gastown/*");
});

const refused = [
  "",
  "/",
  "../x",
  "a/../b",
  "/a",
  "a//b",
  "a//",
  ".a",
  "-a",
  "_a",
  "a b",
  "a\n",
  "ä",
  "a*",
  "a/.",
  "a\0",
];

test.each([...refused, "a".repeat(129)])("%j is no name", (name) => {
  expect(() => parseAgentName(name)).toThrow(expect.objectContaining({ kind: "invalid-params" }));
});

test.each(refused.filter((name) => name !== "a*"))("%j is no glob either", (glob) => {
  expect(() => parseAgentGlob(glob)).toThrow(expect.objectContaining({ kind: "invalid-params" }));
});

test.each([
  ["*", "mayor", true],
  ["*", "gastown/witness", true],
  ["**", "gastown/witness", true],
  ["mayor", "mayor", true],
  ["mayor", "mayors", false],
  ["gastown/*", "gastown/witness", true],
  ["gastown/*", "gastown", false],
  ["gastown/*", "gastown/a/b", false],
  ["gastown/**", "gastown/a/b", true],
  ["**/b", "gastown/a/b", true],
  ["*/witness", "gastown/witness", true],
  ["*/*", "mayor", false],
  ["gate*", "gateway", true],
  ["*way", "gateway", true],
  ["g*e*y", "gateway", true],
  ["g*e*x", "gateway", false],
  ["web-*-1", "web-eu-1", true],
])("%s against %s is %s", (glob, name, expected) => {
  expect(matchGlob(parseAgentGlob(glob), name)).toBe(expected);
});

test("every name matches itself and every glob made by starring out a part of a segment", () => {
  const segment = fc.stringMatching(/^[a-c][a-c_-]{0,5}$/);
  const name = fc.array(segment, { minLength: 1, maxLength: 3 });
  return fc.assert(
    fc.property(name, fc.nat(), fc.nat(), (segments, which, from) => {
      const index = which % segments.length;
      const starred = segments.map((text, i) => (i === index ? `${text.slice(0, from % (text.length + 1))}*` : text));
      expect(matchGlob(segments.join("/"), segments.join("/"))).toBe(true);
      expect(matchGlob(starred.join("/"), segments.join("/"))).toBe(true);
    }),
  );
});

test("a glob of many stars against a long name is decided at once", () => {
  const began = performance.now();
  expect(matchGlob(`${"*a".repeat(60)}b`, "a".repeat(128))).toBe(false);
  expect(performance.now() - began).toBeLessThan(PATIENCE_MS);
});

test("only a star makes a glob", () => {
  expect([isGlob("gastown/*"), isGlob("gastown/witness")]).toEqual([true, false]);
});
