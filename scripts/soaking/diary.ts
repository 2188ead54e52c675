// What an agent of the soak writes down about itself, where neither its own end nor its daemon's can lose it.
import { appendFileSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { LifecycleAction } from "../../protocol/lifecycle.js";

export type Entry =
  /** First of all; `beside` are live processes of its other incarnations, of which there must be none. */
  | { readonly did: "start"; readonly pid: number; readonly beside: readonly string[] }
  /** The kernel says that another session of this agent is alive. */
  | { readonly did: "meet-double" }
  /** So many lines are printed, or more. */
  | { readonly did: "print"; readonly lines: number }
  /** What the last session left for it; null: nothing. */
  | { readonly did: "inherit"; readonly handoff: string | null }
  | { readonly did: "get-ready"; readonly stage: Stage }
  | { readonly did: "put"; readonly stage: Stage; readonly handoff: string }
  /** `tag` is the request's reason and key, and a cycle's handoff. */
  | { readonly did: "ask"; readonly stage: Stage; readonly action: LifecycleAction; readonly tag: string }
  | { readonly did: "hear-poke"; readonly message: string }
  | { readonly did: "hear-heartbeat" }
  | { readonly did: "fork"; readonly kind: string }
  /** It was sent SIGTERM. */
  | { readonly did: "be-stopped" }
  | { readonly did: "crash"; readonly how: string }
  /** It doesn't beat any more. */
  | { readonly did: "hang" };

/** Sent to the daemon, or answered by it: in between nobody knows. */
export type Stage = "sent" | "answered";

/** One session as it saw itself. */
export interface Diary {
  readonly agent: string;
  readonly incarnation: number;
  readonly entries: readonly Entry[];
}

const fileName = (agent: string, incarnation: number): string => `${agent.replaceAll("/", "%2F")}@${incarnation}`;

/** Appends to the diary of one session; each entry is one write, of which a kill leaves half at the end of a page only. */
export function writeEntry(directory: string, session: Omit<Diary, "entries">, entry: Entry): void {
  appendFileSync(join(directory, fileName(session.agent, session.incarnation)), `${JSON.stringify(entry)}\n`);
}

/** The diaries of all sessions that ever began, by agent, in the order of their incarnations. */
export function readDiaries(directory: string): ReadonlyMap<string, readonly Diary[]> {
  const diaries = readdirSync(directory)
    .map((name) => readDiary(directory, name))
    // One that was killed before its first word has left an empty file.
    .filter(({ entries }) => entries.length > 0)
    .sort((a, b) => a.incarnation - b.incarnation);
  const byAgent = new Map<string, Diary[]>();
  for (const diary of diaries) byAgent.set(diary.agent, [...(byAgent.get(diary.agent) ?? []), diary]);
  return byAgent;
}

function readDiary(directory: string, name: string): Diary {
  const at = name.lastIndexOf("@");
  const lines = readFileSync(join(directory, name), "utf8").split("\n").slice(0, -1);
  return {
    agent: name.slice(0, at).replaceAll("%2F", "/"),
    incarnation: Number(name.slice(at + 1)),
    entries: lines.map((line) => JSON.parse(line) as Entry),
  };
}
