// Where a daemon in the foreground repeats its log: stderr, with the priorities that systemd's journal understands.
import { fstatSync } from "node:fs";
import { Writable } from "node:stream";
import type { LogLevel } from "./log-line.js";

/** sd-daemon(3): a line that begins with one of these has that priority. */
const PRIORITIES: Readonly<Record<LogLevel, string>> = { error: "<3>", warn: "<4>", info: "<6>" };

const STDERR = 2;

/** Takes lines of the log. Only a stream that the journal reads gets priorities: a person would not want to see them. */
export function foregroundLog(env: NodeJS.ProcessEnv): Writable {
  return isJournal(env.JOURNAL_STREAM) ? withPriorities(process.stderr) : process.stderr;
}

/** JOURNAL_STREAM holds device and inode of what the service manager connected; it is inherited by others, too. */
function isJournal(stream: string | undefined): boolean {
  // Not everything that can be stderr has these: a console of Windows does not.
  if (stream === undefined) return false;
  const { dev, ino } = fstatSync(STDERR);
  return stream === `${dev}:${ino}`;
}

function withPriorities(target: Writable): Writable {
  // What goes wrong is told to `done`; without a listener it would end the process as well.
  target.on("error", () => {});
  return new Writable({
    decodeStrings: false,
    write(line: string, _encoding, done) {
      const { level } = JSON.parse(line) as { readonly level: LogLevel };
      target.write(PRIORITIES[level] + line, done);
    },
  });
}
