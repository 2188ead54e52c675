// A finding: how one thing is, what was seen of it, and what to do.

/** The checks in the order they are shown, in groups. Scripts know them by these names: add, never rename. */
export const GROUPS = [
  {
    title: "This machine",
    checks: ["node", "node-options", "extra-ca-certs", "proc", "tmux", "open-files", "file-watches", "clock"],
  },
  { title: "Home", checks: ["home", "parents", "files", "disk-space", "inodes"] },
  { title: "Configuration", checks: ["configuration"] },
  {
    title: "Daemon",
    checks: [
      ...(["daemon", "descriptor", "socket", "lock", "leftovers"] as const),
      ...(["sessions", "version", "health", "agents"] as const),
    ],
  },
  { title: "Logging in and out", checks: ["service", "linger", "logout"] },
] as const;

export type CheckName = (typeof GROUPS)[number]["checks"][number];

/** `note`: worth knowing, nothing is wrong. */
export type FindingStatus = "ok" | "note" | "problem";

/** One entry of what `hearth doctor --json` prints. */
export interface Finding {
  readonly name: CheckName;
  readonly status: FindingStatus;
  /** What was seen, in words. */
  readonly seen: string;
  /** What to do, with the command that does it; null when all is well. */
  readonly advice: string | null;
}

/** All is well. */
export function fine(name: CheckName, seen: string): Finding {
  return { name, status: "ok", seen, advice: null };
}

/** Worth knowing. */
export function note(name: CheckName, seen: string, advice: string): Finding {
  return { name, status: "note", seen, advice };
}

/** Wrong: the doctor exits with 1. */
export function problem(name: CheckName, seen: string, advice: string): Finding {
  return { name, status: "problem", seen, advice };
}

/** Findings of one check that can be many, such as one for each agent: the first few, and how many more there are. */
export function atMost(findings: readonly Finding[], { more }: { readonly more: string }): readonly Finding[] {
  const shown = findings.slice(0, MOST);
  const [first] = findings;
  if (first === undefined || findings.length === shown.length) return shown;
  const rest = findings.slice(MOST);
  const status = rest.some((finding) => finding.status === "problem") ? "problem" : "note";
  return [...shown, { name: first.name, status, seen: `and ${rest.length} more`, advice: more }];
}

const MOST = 10;
