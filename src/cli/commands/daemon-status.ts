// `hearth daemon status`: running, stopped, stale or unresponsive.
import type { Whereabouts } from "../../client/discover.js";
import { holderOf } from "../../client/lock-file.js";
import { type Probe, probe } from "../../client/probe.js";
import { defineCommand } from "../command.js";
import { locate } from "../context.js";
import { toReport } from "../daemon-report.js";
import { EXIT } from "../exit-codes.js";
import { renderDaemon } from "../render/daemon.js";

const EXIT_CODES = { running: EXIT.done, stopped: EXIT.offline, stale: EXIT.failed, unresponsive: EXIT.failed };

const HINTS = {
  stopped: "run `hearth daemon start`",
  stale: "run `hearth daemon start` to adopt its agents, or `hearth daemon stop` to clean up",
  unresponsive: "wait, or run `hearth daemon stop` to end it",
};

export const command = defineCommand({
  name: "daemon status",
  summary: "Tells whether the daemon is running, stopped, stale or unresponsive.",
  details:
    "Stale: it ended without a word, and its agents may still run. Unresponsive: its process is there and does not answer.",
  exits: { done: "running", failed: "stale or unresponsive", offline: "stopped" },
  examples: [
    "hearth daemon status",
    "hearth daemon status --json | jq -r .status",
    "hearth daemon status || hearth daemon start",
  ],
  seeAlso: ["status", "daemon start", "daemon logs"],
  async run(context) {
    const whereabouts = locate(context);
    const { timeoutMs } = context;
    const found = await probe(whereabouts, timeoutMs === null ? {} : { timeoutMs });
    context.output.result(toReport(found, whereabouts), renderDaemon);
    if (found.state !== "running" && !context.output.json) context.output.note(`hint: ${hintFor(found, whereabouts)}`);
    return EXIT_CODES[found.state];
  },
});

/** A process that holds the home without a descriptor here is booting, about to end, or has its descriptor elsewhere. */
function hintFor(found: Exclude<Probe, { readonly state: "running" }>, whereabouts: Whereabouts): string {
  const holder = found.state === "stopped" || found.state === "stale" ? holderOf(whereabouts) : null;
  if (holder === null) return HINTS[found.state];
  return `process ${holder.pid} holds this home: name its descriptor with --descriptor, or run \`hearth doctor\``;
}
