// What agents write from a place on, of those that are there and of those that are added, until the daemon is gone for good.
import type { Client } from "../../client/client.js";
import { plain } from "../render/text.js";
import { isChosenBefore } from "./chosen-agents.js";
import { lineTime } from "./line-time.js";
import type { Printable } from "./log-printer.js";
import { matches } from "./pattern.js";

export interface FollowWish {
  /** Names and globs of agents. */
  readonly patterns: readonly string[];
  /** Of the files that are only their stderr's. */
  readonly stream?: "stderr";
  readonly pattern: RegExp | null;
  /** Where to go on, by agent. */
  readonly after: Readonly<Record<string, string>>;
  /** How long the daemon may take to begin, in milliseconds. */
  readonly timeoutMs: number;
}

/** Hands on lines as they come; one that tells no time was written when it came. Rejects when the daemon is gone. */
export async function followAgents(
  client: Client,
  { patterns, stream, pattern, after, timeoutMs }: FollowWish,
  print: (lines: readonly Printable[]) => void,
): Promise<void> {
  await Promise.all(
    patterns.map(async (agents, index) => {
      const wish = { agent: agents, stream, lines: 0, after };
      for await (const { params } of await client.followLog(wish, { timeoutMs })) {
        const { agent, lines } = params;
        if (isChosenBefore(patterns, index, agent)) continue;
        const now = Date.now();
        const wanted = pattern === null ? lines : lines.filter((line) => matches(pattern, plain(line)));
        print(wanted.map((text) => ({ agent, text, at: lineTime(text, now) ?? now })));
      }
    }),
  );
}
