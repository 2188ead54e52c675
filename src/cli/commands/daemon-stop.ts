// `hearth daemon stop`: ends the daemon and its agents.
import { type Ended, endDaemon } from "../../client/end.js";
import { defineCommand } from "../command.js";
import { type Context, locate, timeoutOf } from "../context.js";
import { EXIT } from "../exit-codes.js";
import { plain } from "../render/text.js";
import { withoutService } from "../service/reachable-service.js";

export const command = defineCommand({
  name: "daemon stop",
  summary: "Stops the agents and the daemon; returns when all are gone.",
  details:
    "Agents end before those they depend on. A daemon that does not answer gets SIGTERM and, ten seconds later, SIGKILL. When it is gone already, what it left is removed and agents that are still alive are named. That no daemon runs is no failure. A service manager that runs it is told, so that it does not come back before the next login or `hearth daemon start`.",
  flags: { "keep-agents": { type: "boolean", summary: "let the agents go on; the next daemon adopts them" } },
  exits: {
    timedOut: "it still stops its agents: wait, or give it longer with --timeout",
    config: "a daemon holds the home whose descriptor is elsewhere: name that with --descriptor",
  },
  examples: ["hearth daemon stop", "hearth daemon stop --keep-agents  # the next daemon takes them over"],
  seeAlso: ["stop", "daemon start", "daemon restart"],
  async run(context, { flags }) {
    const keepAgents = flags["keep-agents"];
    const note = (text: string) => context.output.note(text);
    const options = { whereabouts: locate(context), keepAgents, timeoutMs: timeoutOf(context), note };
    const ended = await withoutService(context, () => endDaemon(options));
    context.output.result({ status: "stopped", ...ended }, () => [describe(ended)]);
    noteSurvivors(context, ended);
    return EXIT.done;
  },
});

function describe({ outcome, pid }: Ended): string {
  if (outcome === "not-running") return "daemon is already stopped";
  if (outcome === "cleaned") return "daemon was gone already; what it left is removed";
  return outcome === "killed" ? `daemon (pid ${pid}) was ended by a signal` : `daemon (pid ${pid}) is stopped`;
}

function noteSurvivors({ output }: Context, { survivors }: Ended): void {
  if (survivors.length === 0) return;
  output.note("these agents are still alive:");
  for (const { agent, pid } of survivors) output.note(`  ${plain(agent)} (pid ${pid})`);
  output.note("hint: run `hearth daemon start` to adopt them, then `hearth stop --all` to end them");
}
