// `hearth daemon logs`: the daemon's own log, also when it is not running.
import type { Client } from "../../client/client.js";
import { readDescriptor } from "../../client/discover.js";
import { homeFiles } from "../../paths.js";
import { defineCommand } from "../command.js";
import { type Context, locate, timeoutOf, withClient } from "../context.js";
import { EXIT } from "../exit-codes.js";
import { LOG_FLAGS, lineFilter, noteCut, refuseJsonStream } from "../log-flags.js";
import { type DaemonLogFilter, isWanted, LEVELS, type Level, readDaemonLog } from "../logs/daemon-log.js";
import { renderDaemonLogLines } from "../render/logs.js";
import { UsageError } from "../usage-error.js";

export const command = defineCommand({
  name: "daemon logs",
  summary: "Shows the last lines of the daemon's own log, also when it is not running.",
  details: "-n counts lines that are left by the other flags, in rotated files too. Times are UTC.",
  flags: {
    ...LOG_FLAGS,
    level: {
      type: "string",
      value: "LEVEL",
      completes: { what: "words", words: () => LEVELS },
      summary: `only this level and worse: ${LEVELS.join(", ")}`,
    },
  },
  examples: ["hearth daemon logs -n 200", "hearth daemon logs -f", "hearth daemon logs --level warn --since 1h"],
  seeAlso: ["logs", "events", "daemon status"],
  async run(context, { flags }) {
    refuseJsonStream(context, flags);
    const filter = { ...lineFilter(context, flags, Date.now()), level: levelOf(flags.level) };
    if (flags.follow) await withClient(context, (client) => follow(context, client, filter));
    else await (context.output.json ? tell(context, filter, flags) : show(context, filter));
    return EXIT.done;
  },
});

/** @throws {UsageError} */
function levelOf(text: string | undefined): Level | null {
  if (text === undefined) return null;
  const level = LEVELS.find((each) => each === text);
  if (level !== undefined) return level;
  const message = `--level: there is no level ${JSON.stringify(text)}; there are ${LEVELS.join(", ")}`;
  throw new UsageError(message, "write it like `hearth daemon logs --level warn`");
}

async function show(context: Context, filter: DaemonLogFilter): Promise<void> {
  await readDaemonLog(logFile(context), { ...filter, isFollowed: false }, (lines) => print(context, lines, filter));
}

async function tell(
  context: Context,
  filter: DaemonLogFilter,
  flags: { readonly lines: string | undefined },
): Promise<void> {
  const file = logFile(context);
  const lines: string[] = [];
  await readDaemonLog(file, { ...filter, isFollowed: false }, (batch) => {
    for (const line of batch) lines.push(line);
  });
  noteCut(context, flags, lines.length);
  context.output.result({ lines, file }, () => []);
}

/** Ends with Ctrl-C, or when the daemon is gone for good; it goes on with the next one. */
async function follow(context: Context, client: Client, filter: DaemonLogFilter): Promise<void> {
  const next = await readDaemonLog(logFile(context), { ...filter, isFollowed: true }, (lines) =>
    print(context, lines, filter),
  );
  const wish = { agent: "daemon", lines: 0, after: { daemon: next } };
  for await (const { params } of await client.followLog(wish, { timeoutMs: timeoutOf(context) })) {
    print(
      context,
      params.lines.filter((line) => isWanted(line, filter)),
      filter,
    );
  }
}

function print({ output }: Context, lines: readonly string[], { pattern }: DaemonLogFilter): void {
  output.lines(renderDaemonLogLines(lines, output.style, { pattern }));
}

function logFile(context: Context): string {
  const { location, descriptorPath } = locate(context);
  const parsed = readDescriptor(descriptorPath);
  return parsed?.ok ? parsed.descriptor.logFile : homeFiles(location.home).daemonLog;
}
