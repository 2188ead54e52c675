// The logs that callers may read: each agent's, and the daemon's own under the name "daemon".
import { followFile } from "../logs/follow.js";
import { tailFile } from "../logs/tail.js";
import type { ReadableLogs } from "../methods/services.js";

export function readableLogs(path: (name: string) => string): ReadableLogs {
  return {
    path,
    async tail(name, { lines, maxBytes }) {
      const { lines: whole, unfinished } = await tailFile(path(name), { maxLines: lines, maxBytes });
      return unfinished === null ? [...whole] : [...whole, unfinished];
    },
    async *follow(name, { lines, signal }) {
      const tail = await tailFile(path(name), { maxLines: lines });
      if (tail.lines.length > 0) yield tail.lines;
      yield* followFile(path(name), { fromByte: tail.endByte, signal });
    },
  };
}
