// The logs that callers may read: each agent's, and the daemon's own under the name "daemon".
import { notPossible } from "../../protocol/errors.js";
import { decodeText } from "../logs/lines.js";
import type { Log } from "../logs/log.js";
import type { ReadableLogs } from "../methods/services.js";
import type { Supervisor } from "../supervisor/supervisor.js";

export function readableLogs(log: (name: string) => Log): ReadableLogs {
  return {
    path: (name) => log(name).path,
    async tail(name, { lines, maxBytes }) {
      const { lines: whole, unfinished } = await log(name).tail({ maxLines: lines, maxBytes });
      return unfinished.length === 0 ? [...whole] : [...whole, decodeText(unfinished)];
    },
    page: (name, wish) => log(name).page(wish),
    end: (name) => log(name).endNow(),
    follow: (name, options) => log(name).follow(options),
  };
}

/** @throws HearthError `not-possible` when its stderr goes to its log */
export function stderrFileOf(agent: string, supervisor: Supervisor): string {
  const file = supervisor.find(agent)?.stderrFile;
  if (file !== undefined && file !== null) return file;
  throw notPossible(
    `"${agent}" has no file for stderr.`,
    "It is in its log, `hearth logs AGENT`, unless its definition says `stderr = true`.",
  );
}
