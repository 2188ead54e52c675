// Gives hooks their world: the agents, their environment, and the daemon's log for what became of them.
import { accessSync, constants, statSync } from "node:fs";
import { readEnvFile } from "../config/env-file.js";
import type { AgentSpec } from "../config/spec.js";
import { runHook } from "../sessions/hook-command.js";
import type { Environments } from "../supervisor/environments.js";
import { HOOK_TIME_MS, type HookCall, Hooks } from "../supervisor/hooks.js";
import type { RequestQueue } from "../supervisor/request-queue.js";
import type { Supervisor } from "../supervisor/supervisor.js";
import type { Foundation } from "./foundation.js";
import type { Surroundings } from "./surroundings.js";

/** A hook whose daemon was killed ends by itself this long after its time was up, in seconds. */
const OUTLIVES_ITS_TIME_SECONDS = 5;

export function createHooks(
  { home }: Surroundings,
  { clock, log }: Foundation,
  deps: {
    readonly supervisor: () => Supervisor;
    readonly queue: RequestQueue;
    readonly environments: Environments;
  },
): Hooks {
  const run = async ({ hook, spec, argv, facts }: HookCall, signal: AbortSignal): Promise<void> => {
    const began = clock.mono();
    const inherited = deps.environments.of(spec.name);
    const env = { ...inherited, ...(await envFileOf(spec)), ...spec.env, HEARTH_HOME: home, ...facts };
    const endsAfterSeconds = HOOK_TIME_MS / 1_000 + OUTLIVES_ITS_TIME_SECONDS;
    const end = await runHook({ argv, cwd: directoryFor(spec, home), env, signal, endsAfterSeconds });
    const fields = { agent: spec.name, hook, detail: end.detail, ms: Math.round(clock.mono() - began) };
    if (end.succeeded) log.info("a hook was run", fields);
    else log.warn("a hook failed", { ...fields, output: end.output });
  };
  return new Hooks({
    clock,
    specOf: (agent) => deps.supervisor().find(agent)?.spec,
    statusOf: (agent) => deps.supervisor().statusOf(agent),
    runningRequest(agent) {
      const [request] = deps.queue.list({ isMeant: (name) => name === agent, state: "running", limit: 1 });
      return request?.id ?? null;
    },
    run,
    dropped: (agent, { count, why }) => log.warn("hooks were dropped", { agent, count, why }),
  });
}

/** An env file that can't be read may be what the hook is to tell of. */
async function envFileOf({ envFile }: AgentSpec): Promise<Readonly<Record<string, string>>> {
  return envFile === null ? {} : readEnvFile(envFile).catch(() => ({}));
}

/** So may a working directory that is gone. */
function directoryFor({ cwd }: AgentSpec, home: string): string {
  try {
    accessSync(cwd, constants.X_OK);
    return statSync(cwd).isDirectory() ? cwd : home;
  } catch {
    return home;
  }
}
