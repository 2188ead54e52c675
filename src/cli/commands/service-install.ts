// `hearth service install`: lets the system's service manager start the daemon, at login and on first use.
import { assertTrusted } from "../../client/discover.js";
import { endDaemon } from "../../client/end.js";
import { probe } from "../../client/probe.js";
import { defineCommand } from "../command.js";
import { type Context, locate, timeoutOf } from "../context.js";
import { EXIT } from "../exit-codes.js";
import { renderService } from "../render/service.js";
import { plain } from "../render/text.js";
import { type Installation, installationOf, outdatedFiles } from "../service/installation.js";
import { writeServiceFile } from "../service/service-files.js";
import { reportService } from "../service/service-report.js";
import { startService } from "../service/start-service.js";

export const command = defineCommand({
  name: "service install",
  summary: "Starts the daemon at login, and on first use, through the system's service manager.",
  details:
    "On Linux these are two units of systemd's user instance, on macOS a LaunchAgent, on Windows a scheduled task; start on first use is systemd's alone. The present PATH is written into the service, since agents' commands are looked for there: install again when it changes. A daemon that runs already makes way for the service while its agents go on. Installing twice does no harm.",
  flags: { print: { type: "boolean", summary: "show what would be written, and install nothing" } },
  examples: [
    "hearth service install",
    "hearth service install --print",
    "hearth service install --home ~/work/site/.hearth",
  ],
  seeAlso: ["service status", "service uninstall", "daemon run", "doctor"],
  async run(context, { flags }) {
    const installation = installationOf(context);
    if (flags.print) return print(context, installation);
    const { manager, service } = installation;
    assertTrusted(locate(context));
    await manager.assertPresent();
    const written = outdatedFiles(installation);
    for (const file of written) writeServiceFile(file);
    await manager.enable(service);
    await makeWay(context, installation);
    const { alreadyRunning } = await startService(installation, context);
    context.output.result(await reportService(installation), renderService);
    if (alreadyRunning && written.length > 0) {
      context.output.note("hint: what has changed holds from `hearth daemon restart` on");
    }
    for (const advice of manager.advice(service)) context.output.note(`hint: ${advice}`);
    return EXIT.done;
  },
});

function print({ output, stdout }: Context, { manager, service, files }: Installation): number {
  output.result({ manager: manager.name, name: service.name, home: service.home, files }, () =>
    files.flatMap(({ path, text }) => [
      ...(files.length > 1 ? [`# ${plain(path)}`] : []),
      // A terminal must not be controlled by the name of a directory; a file needs it as it is.
      ...(stdout.isTTY === true ? text.split("\n").map(plain) : [text]),
    ]),
  );
  if (!output.json) output.note(`hint: this is what \`hearth service install\` writes for ${manager.name}`);
  return EXIT.done;
}

/** Two daemons can't lead one home; the agents of the one that runs are adopted by the service's. */
async function makeWay(context: Context, { manager, service }: Installation): Promise<void> {
  const whereabouts = locate(context);
  const found = await probe(whereabouts);
  if (found.state !== "running" || found.descriptor === null) return;
  const { pid } = found.descriptor;
  const { active, pid: servicePid } = await manager.state(service);
  if (active && (servicePid ?? pid) === pid) return;
  const note = (text: string) => context.output.note(text);
  note(`the daemon (pid ${pid}) makes way for the service; its agents go on`);
  await endDaemon({ whereabouts, keepAgents: true, timeoutMs: timeoutOf(context), note });
}
