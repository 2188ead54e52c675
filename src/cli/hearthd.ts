// Runs hearthd in the foreground, in place of this program.
import { type ChildProcess, spawn } from "node:child_process";
import { setTimeout as sleep } from "node:timers/promises";
import { assertTrusted, type Whereabouts } from "../client/discover.js";
import { badConfiguration, homeHeld, launchFailed } from "../client/errors.js";
import { type Probe, pidOf, probe } from "../client/probe.js";
import { daemonEnvironment, hearthdArguments } from "../client/program.js";
import { type Context, locate } from "./context.js";
import { toReport } from "./daemon-report.js";
import { EXIT } from "./exit-codes.js";
import { inForeground } from "./foreground.js";

/** How often it is looked whether the daemon serves, for --json, in milliseconds. */
const LOOK_AGAIN_MS = 50;

/**
 * Runs hearthd for this command's home with the same streams, hands signals on, and returns its exit code. With --json
 * prints what there is once it serves.
 * @throws {TrustError} {PathError} the home cannot be used.
 * @throws {ClientError} `home-held`, `bad-config`, `launch-failed`: with --json, when it ended before.
 */
export async function runHearthd(context: Context): Promise<number> {
  const whereabouts = locate(context);
  assertTrusted(whereabouts);
  const { named, program, env, output } = context;
  const child = spawn(process.execPath, hearthdArguments({ whereabouts, named, program }), {
    env: daemonEnvironment(env, whereabouts.location.home, process.ppid),
    stdio: "inherit",
    // In a group of its own Ctrl-C reaches it once, from here, and not a second time from the terminal.
    detached: true,
  });
  const ended = inForeground(child);
  if (!output.json) return ended;
  const served = untilServed(whereabouts, child).then((found) => {
    if (found !== null) output.result(toReport(found, whereabouts), () => []);
    return found !== null;
  });
  const [code, hasServed] = await Promise.all([ended, served]);
  if (!hasServed && code !== EXIT.done) throw await notServed(code, whereabouts);
  return code;
}

/** Null when it has ended without. */
async function untilServed(whereabouts: Whereabouts, child: ChildProcess): Promise<Probe | null> {
  while (child.pid !== undefined && child.exitCode === null && child.signalCode === null) {
    // What another daemon has left may be unreadable; hearthd itself tells of that, or replaces it.
    const found = await probe(whereabouts).catch(() => null);
    if (found?.state === "running" && found.descriptor?.pid === child.pid) return found;
    await sleep(LOOK_AGAIN_MS);
  }
  return null;
}

async function notServed(code: number, whereabouts: Whereabouts): Promise<Error> {
  const why = `hearthd exited with code ${code} and told why on standard error`;
  if (code !== EXIT.config) return launchFailed(why);
  // The code is the same for both. While another daemon runs that comes first, whatever the configuration says.
  const found = await probe(whereabouts).catch(() => null);
  const isHeld = found?.state === "running" || found?.state === "unresponsive";
  const holder = isHeld ? pidOf(found) : null;
  return holder === null ? badConfiguration(why) : homeHeld(holder, whereabouts.location.home);
}
