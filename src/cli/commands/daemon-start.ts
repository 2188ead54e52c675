// `hearth daemon start`: starts the daemon in the background.
import { launch } from "../../client/launch.js";
import { defineCommand } from "../command.js";
import { toReport } from "../daemon-report.js";
import { launchOptions } from "../ensure-daemon.js";
import { EXIT } from "../exit-codes.js";

export const command = defineCommand({
  name: "daemon start",
  summary: "Starts the daemon in the background; returns when it answers.",
  examples: ["hearth daemon start", "hearth daemon start --home /srv/hearth"],
  async run(context) {
    const options = launchOptions(context);
    const { found, alreadyRunning } = await launch(options);
    const what = alreadyRunning ? "already running" : "running";
    context.output.result(toReport(found, options.whereabouts), ({ pid }) => [`daemon is ${what} (pid ${pid})`]);
    return EXIT.done;
  },
});
