// The logs that callers may read: each agent's, and the daemon's own under the name "daemon".
import { decodeText } from "../logs/lines.js";
import type { Log } from "../logs/log.js";
import type { ReadableLogs } from "../methods/services.js";

export function readableLogs(log: (name: string) => Log): ReadableLogs {
  return {
    path: (name) => log(name).path,
    async tail(name, { lines, maxBytes }) {
      const { lines: whole, unfinished } = await log(name).tail({ maxLines: lines, maxBytes });
      return unfinished.length === 0 ? [...whole] : [...whole, decodeText(unfinished)];
    },
    follow: (name, options) => log(name).follow(options),
  };
}
