// The promises of the suggestions.
import { expect, test } from "vitest";
import { suggest } from "../../protocol/suggest.js";

const agents = ["gateway", "gastown/witness", "gastown/mayor", "db", "mayor"];

test.each([
  ["gatway", ["gateway"]],
  ["gatewya", ["gateway"]],
  ["GATEWAY", ["gateway"]],
  ["gate", ["gateway"]],
  ["witness", ["gastown/witness"]],
  ["bd", ["db"]],
  ["mayer", ["mayor"]],
  ["zebra", []],
  ["", []],
])("%j suggests %j", (word, expected) => {
  expect(suggest(word, agents)).toEqual(expected);
});

test("at most three are suggested, the nearest first, none twice", () => {
  expect(suggest("agent1", ["agent33", "agent2", "agent11", "agent1", "agent1", "agent3"])).toEqual([
    "agent1",
    "agent11",
    "agent2",
  ]);
});

test("a very long word is no reason to compute for long", () => {
  expect(suggest("x".repeat(1_000_000), agents)).toEqual([]);
});
