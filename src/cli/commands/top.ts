// `hearth top`: agents on the whole screen, as they are at every moment.
import type { ReadStream, WriteStream } from "node:tty";
import { defineCommand } from "../command.js";
import type { Context } from "../context.js";
import { UsageError } from "../usage-error.js";

export const command = defineCommand({
  name: "top",
  summary: "Shows the agents on the whole screen, live, with keys to act.",
  details:
    "Arrows choose an agent, whose log is below or beside the list; r restarts, c cycles, s stops, S starts, p pokes and x resets it. What ends a session is asked for twice. ? shows all keys, q quits. A daemon that goes away is waited for.",
  exits: { offline: "the daemon is not running" },
  examples: ["hearth top", "hearth top --home /srv/town/.hearth"],
  seeAlso: ["status", "logs", "events"],
  ownsSignals: true,
  async run(context) {
    if (context.output.json) {
      const hint = "use `hearth status --json`, or `hearth events -f --json` for what happens";
      throw new UsageError("top: a screen is no JSON value", hint);
    }
    const streams = terminalOf(context);
    // What only this command needs is as large as several others together.
    const { runTop } = await import("../top/top.js");
    return runTop(context, streams);
  },
});

/** @throws {UsageError} what stands at stdin and stdout cannot show a screen. */
function terminalOf({ stdout, env }: Context) {
  const hint = "use `hearth status --watch`";
  if (stdout.isTTY !== true || process.stdin.isTTY !== true)
    throw new UsageError("top: this needs a terminal, and stdin or stdout is none", hint);
  if (env.TERM === "dumb") throw new UsageError("top: a dumb terminal has no screen to draw on (TERM=dumb)", hint);
  return {
    stdin: process.stdin as ReadStream & { readonly fd: number },
    stdout: process.stdout as WriteStream & { readonly fd: number },
  };
}
