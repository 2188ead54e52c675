import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { AGENTS_URI, parseUri, uriOf } from "../../src/mcp/uris.js";

describe("the address of a resource", () => {
  it("leads back to what it shows, whatever the agent is called", () => {
    fc.assert(
      fc.property(
        fc.constantFrom("status" as const, "log" as const),
        fc.string({ minLength: 1, unit: "grapheme" }),
        (of, agent) => {
          expect(parseUri(uriOf({ of, agent }))).toEqual({ of, agent });
        },
      ),
    );
    expect(parseUri(uriOf({ of: "agents" }))).toEqual({ of: "agents" });
  });

  it("is one segment for a name with a slash, in either case", () => {
    expect(uriOf({ of: "log", agent: "gastown/witness" })).toBe("hearth://agents/gastown%2Fwitness/log");
    expect(parseUri("hearth://agents/gastown%2fwitness/log")).toEqual({ of: "log", agent: "gastown/witness" });
  });

  it.each([
    "",
    "hearth://",
    `${AGENTS_URI}/`,
    `${AGENTS_URI}/mayor`,
    `${AGENTS_URI}/mayor/log/`,
    `${AGENTS_URI}/a/b/log`,
    `${AGENTS_URI}/%/log`,
    `${AGENTS_URI}/mayor/pid`,
    `x${AGENTS_URI}`,
  ])("is none: %j", (uri) => expect(parseUri(uri)).toBeNull());
});
