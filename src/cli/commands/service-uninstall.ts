// `hearth service uninstall`: takes `service install` back.
import { endDaemon } from "../../client/end.js";
import { launch } from "../../client/launch.js";
import { defineCommand } from "../command.js";
import { type Context, locate, timeoutOf } from "../context.js";
import { EXIT } from "../exit-codes.js";
import { launchOptions } from "../launch-options.js";
import { renderService } from "../render/service.js";
import { type Installation, installationOf, isPartlyInstalled } from "../service/installation.js";
import { removeServiceFile } from "../service/service-files.js";
import { reportService } from "../service/service-report.js";

export const command = defineCommand({
  name: "service uninstall",
  summary: "Takes `service install` back: the daemon no longer starts by itself.",
  details: "A daemon that runs as the service is replaced by one that does not, and the agents go on.",
  examples: ["hearth service uninstall", "hearth service uninstall --home ~/work/site/.hearth"],
  seeAlso: ["service install", "daemon stop"],
  async run(context) {
    const installation = installationOf(context);
    if (isPartlyInstalled(installation)) await uninstall(context, installation);
    context.output.result(await reportService(installation), renderService);
    return EXIT.done;
  },
});

async function uninstall(context: Context, { manager, service, files }: Installation): Promise<void> {
  await manager.assertPresent();
  const { active } = await manager.state(service);
  await manager.closeSocket(service);
  if (active) await endDaemon({ whereabouts: locate(context), keepAgents: true, timeoutMs: timeoutOf(context) });
  await manager.stop(service);
  await manager.disable(service);
  for (const file of files) removeServiceFile(file);
  await manager.forget(service);
  if (!active) return;
  const { found } = await launch(launchOptions(context));
  context.output.note(`the daemon goes on without the service (pid ${found.descriptor?.pid})`);
}
