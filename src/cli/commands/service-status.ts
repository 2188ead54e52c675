// `hearth service status`: whether the daemon of this home is a service, and what its manager says of it.
import { defineCommand } from "../command.js";
import { EXIT } from "../exit-codes.js";
import { renderService } from "../render/service.js";
import { installationOf } from "../service/installation.js";
import { reportService } from "../service/service-report.js";

export const command = defineCommand({
  name: "service status",
  summary: "Tells whether the daemon is installed as a service, starts at login, and runs as one.",
  details:
    "Exits with 0 whatever there is to tell; `hearth daemon status` tells by its exit code whether a daemon runs.",
  examples: ["hearth service status", "hearth service status --json"],
  seeAlso: ["service install", "daemon status", "doctor"],
  async run(context) {
    const { output } = context;
    const report = await reportService(installationOf(context));
    output.result(report, renderService);
    if (!output.json && report.why !== undefined) output.note(report.why);
    if (!output.json && !report.installed) output.note("hint: run `hearth service install`");
    return EXIT.done;
  },
});
