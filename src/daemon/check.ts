// hearthd --check: tells whether the configuration is right, without touching the home.
import { type ConfigReport, formatProblem } from "../../protocol/config-problem.js";
import { checkAgents } from "../config/check.js";
import { loadConfig } from "../config/load.js";
import { ConfigError } from "../config/problem.js";
import { configFile } from "../paths.js";
import { EXIT } from "./failure.js";
import type { DaemonOptions } from "./options.js";
import { effectiveUser, findHome } from "./surroundings.js";

/**
 * Prints what is wrong. Exits 78 only for what would keep a daemon from starting; a command or directory that is missing
 * is reported, but is a failure of that agent alone.
 */
export async function checkConfiguration(options: DaemonOptions, print: (text: string) => void): Promise<void> {
  const { home } = findHome(options);
  const { problems, ...rest } = await check(home);
  const report: ConfigReport = { ok: problems.length === 0, file: configFile(home), ...rest, problems };
  if (options.json) print(`${JSON.stringify(report)}\n`);
  else print(problems.map((problem) => `${formatProblem(problem)}\n`).join(""));
  process.exitCode = rest.starts ? EXIT.done : EXIT.config;
}

async function check(home: string): Promise<Omit<ConfigReport, "ok" | "file">> {
  try {
    const config = await loadConfig({ home, caller: effectiveUser() });
    const sessions = [...new Set([...config.agents.values()].map(({ session }) => session))];
    return { starts: true, sessions, problems: await checkAgents(config, { env: process.env }) };
  } catch (error) {
    if (error instanceof ConfigError) return { starts: false, problems: error.problems };
    throw error;
  }
}
