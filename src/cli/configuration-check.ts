// Has hearthd check the configuration: the client knows nothing of hearth.toml but what that says.
import type { Whereabouts } from "../client/discover.js";
import { daemonEnvironment, hearthdArguments } from "../client/program.js";
import { runBounded } from "./bounded-program.js";
import type { Context } from "./context.js";
import { EXIT } from "./exit-codes.js";

/** Something wrong with hearth.toml. */
export interface ConfigurationProblem {
  readonly file: string | null;
  readonly line: number | null;
  readonly column: number | null;
  readonly key: string | null;
  readonly message: string;
  readonly hint: string;
}

/** What `hearth config check --json` prints. */
export interface ConfigurationReport {
  readonly ok: boolean;
  /** Whether a daemon starts with it; what is wrong is then a matter of single agents. */
  readonly starts: boolean;
  /** The kinds of sessions that its agents have; left out while the file cannot be used. */
  readonly sessions?: readonly string[];
  readonly problems: readonly ConfigurationProblem[];
}

/** `refused`: hearthd would not even look, because of the home. `timed-out`: it was given up. */
export type ConfigurationCheck =
  | { readonly outcome: "checked"; readonly report: ConfigurationReport }
  | { readonly outcome: "refused" | "failed" | "timed-out"; readonly why: string };

/** Never rejects; hearthd is given up when the time is up. */
export async function checkConfiguration(
  { named, program, env }: Context,
  whereabouts: Whereabouts,
  { timeoutMs }: { readonly timeoutMs: number },
): Promise<ConfigurationCheck> {
  const args = hearthdArguments({ whereabouts, named, program }, ["--check", "--json"]);
  const environment = daemonEnvironment(env, whereabouts.location.home, process.ppid);
  const ran = await runBounded(process.execPath, args, { timeoutMs, env: environment });
  if (ran.outcome === "timed-out") return { outcome: "timed-out", why: `hearthd --check: ${ran.why}` };
  if (ran.outcome !== "ended") return { outcome: "failed", why: ran.why };
  const report = parse(ran.stdout);
  if (report !== null) return { outcome: "checked", report };
  const why = ran.stderr.trim() || `hearthd --check ended with ${ran.code}`;
  return { outcome: ran.code === EXIT.config ? "refused" : "failed", why };
}

/** "/p/hearth.toml:3:1: agents.db.cwd: the directory /x does not exist" */
export function formatProblem({ file, line, column, key, message }: ConfigurationProblem): string {
  const place = [file, line, column].filter((part) => part !== null).join(":");
  return [place, key, message].filter((part) => part !== null && part !== "").join(": ");
}

/** Null for what a broken program prints. */
function parse(text: string): ConfigurationReport | null {
  try {
    const report = JSON.parse(text) as Partial<ConfigurationReport>;
    return Array.isArray(report.problems) ? (report as ConfigurationReport) : null;
  } catch {
    return null;
  }
}
