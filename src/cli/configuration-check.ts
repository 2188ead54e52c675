// Has hearthd check the configuration: the client knows nothing of hearth.toml but what that says.
import type { ConfigReport } from "../../protocol/config-problem.js";
import type { Whereabouts } from "../client/discover.js";
import { daemonEnvironment, hearthdArguments } from "../client/program.js";
import { runBounded } from "./bounded-program.js";
import type { Context } from "./context.js";
import { EXIT } from "./exit-codes.js";

/** `refused`: hearthd would not even look, because of the home. `timed-out`: it was given up. */
export type ConfigurationCheck =
  | { readonly outcome: "checked"; readonly report: ConfigReport }
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

/** Null for what a broken program prints. */
function parse(text: string): ConfigReport | null {
  try {
    const report = JSON.parse(text) as Partial<ConfigReport>;
    return Array.isArray(report.problems) ? (report as ConfigReport) : null;
  } catch {
    return null;
  }
}
