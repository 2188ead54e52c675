// `hearth daemon restart`: replaces the daemon while its agents go on.

import { restartDaemon } from "../../client/restart-daemon.js";
import { defineCommand } from "../command.js";
import { toReport } from "../daemon-report.js";
import { launchOptions } from "../ensure-daemon.js";
import { EXIT } from "../exit-codes.js";
import { START_EXITS } from "../help/exits.js";

export const command = defineCommand({
  name: "daemon restart",
  summary: "Replaces the daemon with the program on disk; the agents go on.",
  details:
    "For an upgrade: the next daemon adopts the same processes, and no agent is restarted. The configuration and the new program are checked before the old daemon ends. A daemon that is not running is started.",
  exits: START_EXITS,
  examples: ["hearth daemon restart", "npm install --global hearthd && hearth daemon restart  # an upgrade"],
  seeAlso: ["daemon reload", "daemon stop", "daemon status"],
  async run(context) {
    const options = launchOptions(context);
    const found = await restartDaemon(options);
    context.output.result(toReport(found, options.whereabouts), ({ pid }) => [`daemon is running (pid ${pid})`]);
    return EXIT.done;
  },
});
