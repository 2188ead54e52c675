// hearthd --check: tells whether the configuration is right, without touching the home.
import { checkAgents } from "../config/check.js";
import { loadConfig } from "../config/load.js";
import { ConfigError, formatProblem, type Problem } from "../config/problem.js";
import { EXIT } from "./failure.js";
import type { DaemonOptions } from "./options.js";
import { effectiveUser, findHome } from "./surroundings.js";

/**
 * Prints what is wrong. Exits 78 only for what would keep a daemon from starting; a command or directory that is missing
 * is reported, but is a failure of that agent alone.
 */
export async function checkConfiguration(options: DaemonOptions, print: (text: string) => void): Promise<void> {
  const { home } = findHome(options);
  const { problems, starts } = await check(home);
  if (options.json) print(`${JSON.stringify({ ok: problems.length === 0, starts, problems })}\n`);
  else print(problems.map((problem) => `${formatProblem(problem)}\n`).join(""));
  process.exitCode = starts ? EXIT.done : EXIT.config;
}

async function check(home: string): Promise<{ readonly starts: boolean; readonly problems: readonly Problem[] }> {
  try {
    const config = await loadConfig({ home, caller: effectiveUser() });
    return { starts: true, problems: await checkAgents(config, { env: process.env }) };
  } catch (error) {
    if (error instanceof ConfigError) return { starts: false, problems: error.problems };
    throw error;
  }
}
