// Every error names the command that comes next, and each command that is named anywhere is one that there is.
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { ERRORS } from "../../protocol/errors.js";
import { type Hint, hintOf } from "../../protocol/hint.js";
import { reportFailure } from "../../src/cli/render/failure.js";
import { UsageError } from "../../src/cli/usage-error.js";
import * as client from "../../src/client/errors.js";
import type { ClientErrorKind, PathErrorKind, TrustErrorKind } from "../../src/client-error.js";
import { assertSocketPathFits, locateHome } from "../../src/paths.js";
import { assertPrivateDirectory } from "../../src/trust.js";
import { hearthCommandsIn, objectionTo } from "../support/commands-in-text.js";
import { hearth } from "./hearth.js";

const SEARCH = { env: {}, cwd: "/", userHome: null, isThere: () => false };
const STRANGER = { uid: (process.getuid?.() ?? 0) + 1, gid: 0 };

/** One of each of the client's own errors; a kind without one does not compile. */
const OWN: Readonly<Record<Exclude<ClientErrorKind, PathErrorKind | TrustErrorKind>, Error>> = {
  offline: client.offline("why"),
  "connection-lost": client.connectionLost("why"),
  unresponsive: client.unresponsive(7, "why"),
  "descriptor-newer": client.descriptorNewer("/x", "why"),
  "descriptor-damaged": client.descriptorDamaged("/x", "why"),
  "launch-failed": client.launchFailed("why"),
  "launch-timed-out": client.launchTimedOut(1_000),
  "stop-timed-out": client.stopTimedOut(7),
  "bad-config": client.badConfiguration("why"),
  "home-held": client.homeHeld(7, "/x"),
};

/** What is refused before anything is asked, and what nobody thought of. */
const REFUSALS: Readonly<Record<string, () => unknown>> = {
  "a --home that is empty": () => locateHome({ ...SEARCH, home: "" }),
  "a user without a home": () => locateHome(SEARCH),
  "a current directory that was deleted": () => locateHome({ ...SEARCH, cwd: "" }),
  "a socket path that is too long": () => assertSocketPathFits("/x".repeat(100), "linux"),
  "a home of another user": () => assertPrivateDirectory("/", STRANGER),
  "a file in the place of a home": () => assertPrivateDirectory("/proc/self/stat", STRANGER),
  "a defect": () => JSON.parse("?"),
};

/** Command lines that mean nothing, in each way there is. */
const WRONG_USAGE: readonly (readonly string[])[] = [
  ["stauts"],
  ["xyzzy"],
  ["daemon"],
  ["daemon", "xyzzy"],
  ["start", "--rset"],
  ["start", "--xyzzy"],
  ["status", "a", "b"],
  ["signal", "gateway"],
  ["status", "--home"],
  ["status", "--home", ""],
  ["status", "--timeout", "5"],
  ["logs", "-n", "many"],
  ["logs", "-f", "--json"],
  ["events", "--since", "then"],
  ["stop"],
  ["stop", "--all", "gateway"],
  ["stop", "../x"],
  ["run", "--", "sleep"],
  ["run", "--name", "x"],
  ["start", "--wait", "--no-wait"],
  ["rpc", "agent.list", "{"],
  ["restart", "--all", "--self"],
  ["cycle"],
  ["cycle", "a", "--self"],
  ["cycle", "--self"],
  ["cycle", "a", "--handoff", "x", "--handoff-file", "y"],
  ["cycle", "a", "--handoff-file", "/nowhere"],
  ["cycle", "a", "--handoff-file", "/dev/zero"],
  ["beat"],
  ["handoff", "get"],
  ["attach", "a", "--json"],
  ["mcp", "--json"],
  ["help", "nothing"],
];

function thrownBy(action: () => unknown): unknown {
  try {
    action();
  } catch (error) {
    return error;
  }
  throw new Error("nothing was refused");
}

/** The commands a hint names, and what is wrong with them. */
async function commandsOf(hint: string): Promise<{ readonly count: number; readonly objections: readonly string[] }> {
  const commands = hearthCommandsIn(hint);
  const objections = (await Promise.all(commands.map(objectionTo))).filter((objection) => objection !== null);
  return { count: commands.length, objections };
}

async function expectCommand(hint: string): Promise<void> {
  expect(await commandsOf(hint)).toEqual({ count: expect.toSatisfy((count: number) => count > 0), objections: [] });
}

describe("the next command is named", () => {
  it.each(Object.entries(ERRORS))("by what the daemon answers: %s", (_, { hint }) => expectCommand(hint));

  it.each(Object.entries(OWN))("by the client's own errors: %s", (_, error) =>
    expectCommand(reportFailure(error).error.hint),
  );

  it.each(Object.entries(REFUSALS))("to whoever has %s", (_, refused) =>
    expectCommand(reportFailure(thrownBy(refused)).error.hint),
  );

  it.each(WRONG_USAGE.map((argv) => [argv] as const))("after the command line %j", async (argv) => {
    const { code, stdout } = await hearth(["--json", ...argv], { env: { HEARTH_TOKEN: "" } });
    expect(code).toBe(2);
    await expectCommand(JSON.parse(stdout).error.hint);
  });

  it("or the program does not compile", () => {
    // @ts-expect-error advice without a command is no hint
    const advice: Hint = "try again";
    // @ts-expect-error another program's command alone is none either
    const foreign: Hint = "run `chmod 600 x`";
    expect([new UsageError("what", advice).hint, foreign]).toEqual(["try again", "run `chmod 600 x`"]);
    expect(hintOf("make it", "run `hearth help`")).toBe("make it, then run `hearth help`");
    expect(hintOf("run `hearth init`", "run `hearth help`")).toBe("run `hearth init`");
  });
});

describe("a command that is named exists, with its flags", () => {
  const files = ["src", "protocol"].flatMap((room) =>
    readdirSync(room, { recursive: true, encoding: "utf8" })
      .filter((name) => name.endsWith(".ts"))
      .map((name) => join(room, name)),
  );

  it("wherever the source has one in a text or a comment", async () => {
    const wrong = await Promise.all(
      files.map(async (file) => ({ file, ...(await commandsOf(asText(readFileSync(file, "utf8")))) })),
    );
    expect(wrong.filter(({ objections }) => objections.length > 0)).toEqual([]);
    expect(wrong.reduce((sum, { count }) => sum + count, 0)).toBeGreaterThan(100);
  });
});

/** Source with the backticks of its texts as they are printed, and with a word for whatever is filled in. */
function asText(source: string): string {
  return source
    .replaceAll("\\`", "`")
    .replace(/`hearth \$\{[^}]*\}/g, "`hearth start")
    .replace(/\$\{[^}]*\}/g, "NAME");
}
