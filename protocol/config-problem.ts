// What is wrong with a configuration, and where, as `hearthd --check --json` tells the client.

/** Something wrong in a configuration file or in a definition. */
export interface ConfigProblem {
  /** Absolute path; null for a definition that came in through `agent.add`. */
  readonly file: string | null;
  /** Counted from 1; null when the file as a whole is meant. */
  readonly line: number | null;
  /** Counted from 1. */
  readonly column: number | null;
  /** As one would write it in TOML: `agents."gastown/witness".restart.window`; null for a syntax error. */
  readonly key: string | null;
  readonly message: string;
  /** The command or advice that helps. */
  readonly hint: string;
}

/** What a check found; `hearth config check --json` prints it too. */
export interface ConfigReport {
  readonly ok: boolean;
  /** Absolute path of what was checked; null when there is no hearth.toml. */
  readonly file: string | null;
  /** Whether a daemon starts with it; what is wrong is then a matter of single agents. */
  readonly starts: boolean;
  /** The kinds of sessions that its agents have; left out while the file cannot be used. */
  readonly sessions?: readonly string[];
  readonly problems: readonly ConfigProblem[];
}

/** One line for people: `/p/hearth.toml:3:1: agents.db.cwd: the directory /p/x does not exist`. */
export function formatProblem({ file, line, column, key, message }: ConfigProblem): string {
  const place = [file, line, column].filter((part) => part !== null).join(":");
  return [place, key, message].filter((part) => part !== null && part !== "").join(": ");
}
