// Reads a log as those do who follow it: the last lines, then the rest.
import type { FollowOptions, Log } from "../../src/logs/log.js";

export async function* followLog(log: Log, options: FollowOptions): AsyncGenerator<readonly string[], void, void> {
  const { last, rest } = await log.follow(options);
  if (last.length > 0) yield last;
  yield* rest;
}
