// Has hearthd check the configuration for the doctor, as `hearth config check` does.
import type { Whereabouts } from "../../client/discover.js";
import { daemonEnvironment, hearthdArguments } from "../../client/program.js";
import { configFile } from "../../paths.js";
import type { Context } from "../context.js";
import { EXIT } from "../exit-codes.js";
import { type Ran, runBounded } from "./bounded-program.js";
import type { CheckedConfiguration, ConfigurationFacts, ConfigurationProblem } from "./configuration.js";

export async function lookAtConfiguration(
  context: Context,
  whereabouts: Whereabouts,
  { timeoutMs }: { readonly timeoutMs: number },
): Promise<ConfigurationFacts> {
  const { home } = whereabouts.location;
  const { named, program } = context;
  const args = hearthdArguments({ whereabouts, named, program }, ["--check", "--json"]);
  const env = daemonEnvironment(context.env, home, process.ppid);
  const ran = await runBounded(process.execPath, args, { timeoutMs, env });
  return { file: configFile(home), checked: understand(ran) };
}

function understand(ran: Ran): CheckedConfiguration {
  if (ran.outcome !== "ended") return { outcome: "unknown", why: ran.why };
  const report = ran.code === EXIT.done || ran.code === EXIT.config ? parse(ran.stdout) : null;
  if (report !== null) return { outcome: "checked", ...report };
  const lines = ran.stderr.trim().split("\n").filter(Boolean);
  return { outcome: "unknown", why: lines[0] ?? `hearthd --check ended with ${ran.code}` };
}

interface CheckReport {
  readonly problems: readonly ConfigurationProblem[];
  readonly sessions: readonly string[] | null;
}

/** Null for what an older or broken program prints. */
function parse(text: string): CheckReport | null {
  try {
    const { problems, sessions = null } = JSON.parse(text) as Partial<CheckReport>;
    return problems === undefined ? null : { problems, sessions };
  } catch {
    return null;
  }
}
