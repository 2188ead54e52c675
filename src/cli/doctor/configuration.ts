// What the doctor says about hearth.toml: what `hearth config check` finds.
import { type ConfigProblem, formatProblem } from "../../../protocol/config-problem.js";
import { hintOf } from "../../../protocol/hint.js";
import type { ConfigurationCheck } from "../configuration-check.js";
import { atMost, type Finding, fine, note, problem } from "./finding.js";

export interface ConfigurationFacts {
  /** Null when the home has none. */
  readonly file: string | null;
  readonly check: ConfigurationCheck;
}

const CHECK = "run `hearth config check`";

export function examineConfiguration({ file, check }: ConfigurationFacts): readonly Finding[] {
  if (check.outcome !== "checked") {
    const [first = ""] = check.why.split("\n");
    return [problem("configuration", `it could not be checked: ${first}`, CHECK)];
  }
  const { problems } = check.report;
  if (problems.length > 0) return atMost(problems.map(wrong), { more: CHECK });
  if (file !== null) return [fine("configuration", `${file} is right`)];
  return [note("configuration", "there is no hearth.toml", "run `hearth init` to begin with one")];
}

function wrong(flaw: ConfigProblem): Finding {
  return problem("configuration", formatProblem(flaw), hintOf(flaw.hint, CHECK));
}
