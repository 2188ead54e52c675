// `hearth daemon start`: starts the daemon in the background.
import { defineCommand } from "../command.js";
import { locate } from "../context.js";
import { toReport } from "../daemon-report.js";
import { startDaemon } from "../ensure-daemon.js";
import { EXIT } from "../exit-codes.js";
import { START_EXITS } from "../help/exits.js";

export const command = defineCommand({
  name: "daemon start",
  summary: "Starts the daemon in the background; returns when it answers.",
  details:
    "It adopts the agents that an earlier daemon left running and starts those that should run. That a daemon runs already is no failure. Where `hearth service install` was called for the home, the service manager starts it.",
  exits: START_EXITS,
  examples: ["hearth daemon start", "hearth daemon start --home /srv/town/.hearth --timeout 2m"],
  seeAlso: ["start", "daemon stop", "daemon status", "daemon run", "help files"],
  async run(context) {
    const { found, alreadyRunning } = await startDaemon(context);
    const what = alreadyRunning ? "already running" : "running";
    context.output.result(toReport(found, locate(context)), ({ pid }) => [`daemon is ${what} (pid ${pid})`]);
    return EXIT.done;
  },
});
