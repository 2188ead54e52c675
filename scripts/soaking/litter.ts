// What lies in a home that belongs to nobody any more.
import { existsSync, readdirSync } from "node:fs";
import { join, relative } from "node:path";
import type { AgentStatus } from "../../protocol/methods.js";

/** The leader's own lock, and two before it. */
const LOCKS_KEPT = 3;
/** The last ten, and some that wait to be offered. */
const HANDOFFS_KEPT = 12;

/** What may be in a home whose daemon serves, besides what belongs to live sessions. */
const FURNITURE = [
  /^(hearth\.toml|daemon\.json|daemon\.sock|tmux\.sock(\.lock)?|journal\.ndjson|state\.json)$/,
  /^run\/(lock\.\d+|s\.[0-9a-f]{16}\.sock|tmux\.conf|tmux\.notice)$/,
  /^logs\/daemon\.log(\.\d+)?$/,
  /^logs\/agents\/[^/]+\.log(\.\d+)?$/,
  /^handoffs\/[^/]+@\d+\.md$/,
];

/** Files of a home whose daemon is at rest that belong to nobody who is alive, or of which there are too many. */
export function litterOf(home: string, agents: readonly AgentStatus[]): string[] {
  const files = entriesOf(home).flatMap(({ name, isDirectory }) => (isDirectory ? [] : [name]));
  const belongings = new Set(agents.filter(({ state }) => state === "running").flatMap(belongingsOf));
  const litter = files.filter((file) => !belongings.has(file) && !FURNITURE.some((known) => known.test(file)));
  return [
    ...litter,
    ...tooMany(files, /^run\/lock\./, LOCKS_KEPT),
    ...tooMany(files, /^run\/s\./, 1),
    ...agents.flatMap(({ agent }) => tooMany(files, new RegExp(`^handoffs/${spelled(agent)}@`), HANDOFFS_KEPT)),
  ];
}

/** Sockets, pipes and the like that are left after a daemon that has ended well. */
export function remainsOf(home: string): string[] {
  const special = entriesOf(home).flatMap(({ name, isSpecial }) => (isSpecial ? [name] : []));
  return [...special, ...["daemon.json", "tmux.sock.lock"].filter((name) => existsSync(join(home, name)))];
}

interface HomeEntry {
  /** Relative to the home. */
  readonly name: string;
  readonly isDirectory: boolean;
  readonly isSpecial: boolean;
}

function entriesOf(home: string): HomeEntry[] {
  return readdirSync(home, { recursive: true, withFileTypes: true }).map((entry) => ({
    name: relative(home, join(entry.parentPath, entry.name)),
    isDirectory: entry.isDirectory(),
    isSpecial: !entry.isFile() && !entry.isDirectory(),
  }));
}

/** Marks and pipes carry their session's number. */
function belongingsOf({ agent, incarnation }: AgentStatus): string[] {
  return ["started", "stdin"].map((folder) => `run/${folder}/${spelled(agent)}.${incarnation}`);
}

function spelled(agent: string): string {
  return agent.replaceAll("/", "%2F");
}

function tooMany(files: readonly string[], kind: RegExp, most: number): string[] {
  const found = files.filter((file) => kind.test(file));
  return found.length > most ? found : [];
}
