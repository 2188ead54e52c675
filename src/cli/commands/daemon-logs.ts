// `hearth daemon logs`: the daemon's own log, also when it is not running.
import { readDescriptor } from "../../client/discover.js";
import { readTail } from "../../client/read-tail.js";
import { homeFiles } from "../../paths.js";
import { defineCommand } from "../command.js";
import { type Context, locate, withClient } from "../context.js";
import { EXIT } from "../exit-codes.js";
import { LOG_FLAGS, lineCount, refuseJsonStream } from "../log-flags.js";
import { renderDaemonLogLines } from "../render/logs.js";

export const command = defineCommand({
  name: "daemon logs",
  summary: "Shows the last lines of the daemon's own log, also when it is not running.",
  flags: LOG_FLAGS,
  examples: ["hearth daemon logs -n 200", "hearth daemon logs -f"],
  async run(context, { flags }) {
    refuseJsonStream(context, flags);
    const lines = lineCount(flags);
    if (flags.follow) await follow(context, lines);
    else show(context, lines);
    return EXIT.done;
  },
});

/** Read from the file, since the log is wanted most when no daemon is there to ask. */
function show(context: Context, lines: number): void {
  const file = logFile(context);
  context.output.result({ lines: readTail(file, { lines }), file }, (tail, style) =>
    renderDaemonLogLines(tail.lines, style),
  );
}

async function follow(context: Context, lines: number): Promise<void> {
  const { output } = context;
  await withClient(context, async (client) => {
    for await (const { params } of await client.followLog({ agent: "daemon", lines })) {
      output.lines(renderDaemonLogLines(params.lines, output.style));
    }
  });
}

function logFile(context: Context): string {
  const { location, descriptorPath } = locate(context);
  const parsed = readDescriptor(descriptorPath);
  return parsed?.ok ? parsed.descriptor.logFile : homeFiles(location.home).daemonLog;
}
