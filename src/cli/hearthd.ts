// Runs hearthd in the foreground, in place of this program.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { constants } from "node:os";
import { assertTrusted } from "../client/discover.js";
import { daemonEnvironment, hearthdArguments } from "../client/program.js";
import { type Context, locate } from "./context.js";

const FORWARDED = ["SIGTERM", "SIGINT", "SIGHUP"] as const;

/**
 * Runs hearthd for this command's home with the same streams, hands signals on, and returns its exit code.
 * @throws {TrustError} {PathError} the home cannot be used.
 */
export async function runHearthd(context: Context): Promise<number> {
  const whereabouts = locate(context);
  assertTrusted(whereabouts);
  const { named, program, env } = context;
  const child = spawn(process.execPath, hearthdArguments({ whereabouts, named, program }), {
    env: daemonEnvironment(env, whereabouts.location.home, process.ppid),
    stdio: "inherit",
    // In a group of its own Ctrl-C reaches it once, from here, and not a second time from the terminal.
    detached: true,
  });
  for (const signal of FORWARDED) process.on(signal, () => child.kill(signal));
  const [code, signal] = (await once(child, "exit")) as [number | null, NodeJS.Signals | null];
  return code ?? 128 + (signal === null ? 0 : constants.signals[signal]);
}
