// Starts the daemon for a command that needs one and was asked to see to it.
import { type Launched, launch } from "../client/launch.js";
import type { Context } from "./context.js";
import { launchOptions } from "./launch-options.js";
import { reachableService } from "./service/reachable-service.js";
import { startService } from "./service/start-service.js";

/** Starts the daemon unless one runs: through its service where that is installed, else as a process of its own. */
export async function startDaemon(context: Context): Promise<Launched> {
  const installation = await reachableService(context);
  return installation === null ? launch(launchOptions(context)) : startService(installation, context);
}

/** Returns when a daemon answers, saying so when it had to be started. */
export async function ensureDaemon(context: Context): Promise<Launched> {
  const launched = await startDaemon(context);
  const { descriptor } = launched.found;
  if (!launched.alreadyRunning) context.output.note(`started the daemon (pid ${descriptor?.pid})`);
  return launched;
}
