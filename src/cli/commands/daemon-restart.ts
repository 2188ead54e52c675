// `hearth daemon restart`: replaces the daemon while its agents go on.

import { restartDaemon } from "../../client/restart-daemon.js";
import { defineCommand } from "../command.js";
import { toReport } from "../daemon-report.js";
import { startDaemon } from "../ensure-daemon.js";
import { EXIT } from "../exit-codes.js";
import { START_EXITS } from "../help/exits.js";
import { launchOptions } from "../launch-options.js";

export const command = defineCommand({
  name: "daemon restart",
  summary: "Replaces the daemon with the program on disk; the agents go on.",
  details:
    "For an upgrade: the next daemon adopts the same processes, and no agent is restarted. The configuration and the new program are checked before the old daemon ends. A daemon that is not running is started; one that a service manager runs is started again by that.",
  exits: START_EXITS,
  examples: ["hearth daemon restart", "npm install --global hearthd && hearth daemon restart  # an upgrade"],
  seeAlso: ["daemon reload", "daemon stop", "daemon status"],
  async run(context) {
    const { whereabouts, timeoutMs } = launchOptions(context);
    const found = await restartDaemon({ whereabouts, timeoutMs, start: () => startDaemon(context) });
    context.output.result(toReport(found, whereabouts), ({ pid }) => [`daemon is running (pid ${pid})`]);
    return EXIT.done;
  },
});
