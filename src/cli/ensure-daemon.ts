// Starts the daemon for a command that needs one and was asked to see to it.
import { type Launched, launch } from "../client/launch.js";
import { type Context, locate } from "./context.js";
import { reachableService } from "./service/reachable-service.js";
import { startService } from "./service/start-service.js";

/** Default of --timeout for starting a daemon, in milliseconds. */
export const LAUNCH_TIMEOUT_MS = 60_000;

/** What `launch` and `restartDaemon` need to know of a command line. */
export function launchOptions(context: Context) {
  const { named, program, env, timeoutMs } = context;
  return { whereabouts: locate(context), named, program, env, timeoutMs: timeoutMs ?? LAUNCH_TIMEOUT_MS };
}

/** Starts the daemon unless one runs: through its service where that is installed, else as a process of its own. */
export async function startDaemon(context: Context): Promise<Launched> {
  const installation = await reachableService(context);
  const options = launchOptions(context);
  return installation === null ? launch(options) : startService(installation, options);
}

/** Returns when a daemon answers, saying so when it had to be started. */
export async function ensureDaemon(context: Context): Promise<Launched> {
  const launched = await startDaemon(context);
  const { descriptor } = launched.found;
  if (!launched.alreadyRunning) context.output.note(`started the daemon (pid ${descriptor?.pid})`);
  return launched;
}
