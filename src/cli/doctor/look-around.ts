// Looks at everything the doctor judges, at once, and waits for none of it longer than it is told.
import { currentUser, type Whereabouts, whereaboutsOf } from "../../client/discover.js";
import { pidOf } from "../../client/probe.js";
import { configFile, PathError } from "../../paths.js";
import { checkConfiguration } from "../configuration-check.js";
import type { Context } from "../context.js";
import type { DaemonFacts } from "./daemon.js";
import type { Facts, Homeless, PlaceFacts } from "./examination.js";
import { lookAtDaemon } from "./look-at-daemon.js";
import { lookAtHome } from "./look-at-home.js";
import { lookAtLogin } from "./look-at-login.js";
import { lookAtMachine } from "./look-at-machine.js";

/** @throws {PathError} `--home` is empty. */
export async function lookAround(context: Context, { timeoutMs }: { readonly timeoutMs: number }): Promise<Facts> {
  const { env } = context;
  const whereabouts = find(context);
  if ("homeless" in whereabouts) {
    const elsewhere = { env, timeoutMs, daemonPid: null };
    const [machine, login] = await Promise.all([lookAtMachine(elsewhere), lookAtLogin({ ...elsewhere, homes: [] })]);
    return { machine, login, place: whereabouts };
  }
  const checking = checkConfiguration(context, whereabouts, { timeoutMs });
  const daemon = await lookAtDaemon(whereabouts, { timeoutMs });
  const look = { env, timeoutMs, daemonPid: livePid(daemon) };
  const [machine, login, check] = await Promise.all([
    lookAtMachine(look),
    lookAtLogin({ ...look, homes: [whereabouts.location.home, daemon.home] }),
    checking,
  ]);
  const configuration = { file: configFile(whereabouts.location.home), check };
  const place: PlaceFacts = { home: lookAtHome(whereabouts, currentUser()), configuration, daemon };
  return { machine, login, place };
}

function find({ named, env, cwd }: Context): Whereabouts | Homeless {
  try {
    return whereaboutsOf({ ...named, env, cwd });
  } catch (error) {
    if (!(error instanceof PathError) || error.kind === "empty-home") throw error;
    return { homeless: error };
  }
}

function livePid({ found }: DaemonFacts): number | null {
  return found.state === "running" || found.state === "unresponsive" ? pidOf(found) : null;
}
