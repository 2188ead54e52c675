// How a command line wants its daemon started.
import { type Context, locate } from "./context.js";

/** Default of --timeout for starting a daemon, in milliseconds. */
const LAUNCH_TIMEOUT_MS = 60_000;

/** What `launch` and `restartDaemon` need to know of a command line. */
export function launchOptions(context: Context) {
  const { named, program, env, timeoutMs } = context;
  return { whereabouts: locate(context), named, program, env, timeoutMs: timeoutMs ?? LAUNCH_TIMEOUT_MS };
}
