// What the doctor says about hearth.toml: what `hearth config check` finds.
import { atMost, type Finding, fine, note, problem } from "./finding.js";

export interface ConfigurationFacts {
  /** Null when the home has none. */
  readonly file: string | null;
  readonly checked: CheckedConfiguration;
}

/** `unknown`: hearthd could not look. */
export type CheckedConfiguration =
  | {
      readonly outcome: "checked";
      readonly problems: readonly ConfigurationProblem[];
      /** The kinds of sessions that its agents have; null while the file is wrong. */
      readonly sessions: readonly string[] | null;
    }
  | { readonly outcome: "unknown"; readonly why: string };

/** One of those that `hearth config check --json` prints. */
export interface ConfigurationProblem {
  readonly file: string | null;
  readonly line: number | null;
  readonly column: number | null;
  readonly key: string | null;
  readonly message: string;
  readonly hint: string;
}

export function examineConfiguration({ file, checked }: ConfigurationFacts): readonly Finding[] {
  if (checked.outcome === "unknown")
    return [problem("configuration", `it could not be checked: ${checked.why}`, "run `hearth config check`")];
  if (checked.problems.length > 0) return atMost(checked.problems.map(wrong), { more: "run `hearth config check`" });
  if (file !== null) return [fine("configuration", `${file} is right`)];
  return [note("configuration", "there is no hearth.toml", "run `hearth init` to begin with one")];
}

function wrong({ file, line, column, key, message, hint }: ConfigurationProblem): Finding {
  const place = [file, line, column].filter((part) => part !== null).join(":");
  const seen = [place, key, message].filter((part) => part !== null && part !== "").join(": ");
  return problem("configuration", seen, withCommand(hint));
}

/** Most are mended in the file, by hand; what follows is always the same. */
function withCommand(hint: string): string {
  return hint.includes("`") ? hint : `${hint}, then run \`hearth config check\``;
}
