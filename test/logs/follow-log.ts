// Reads a log as those do who follow it: the last lines, then the rest, to its end even if nobody wants it any more.
import type { FollowOptions, Log } from "../../src/logs/log.js";

export async function* followLog(log: Log, options: FollowOptions): AsyncGenerator<readonly string[], void, void> {
  const left = new AbortController();
  const signal = AbortSignal.any([options.signal, left.signal]);
  const { last, rest } = await log.follow({ ...options, signal });
  let isReading = false;
  try {
    if (last.lines.length > 0) yield last.lines;
    isReading = true;
    for await (const { lines } of rest) yield lines;
  } finally {
    left.abort();
    if (!isReading) for await (const _ of rest);
  }
}
