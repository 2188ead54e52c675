// Starts a hook behind a shell that ends it when its time is up and nobody else has.
import { type ChildProcess, spawn } from "node:child_process";
import type { Readable } from "node:stream";
import { findProgram } from "./command.js";

/**
 * POSIX sh; must behave alike in dash and bash. $1: seconds after which the whole group is killed, if nobody has done it
 * before; the command follows, and becomes this process. The timer is nobody's child, so that no command waits for it, and
 * has nothing to wait for once the command has ended: as long as it is in the group, $$ is nobody else's number.
 */
export const HOOK_SCRIPT = `( (
  left=$1
  while [ "$left" -gt 0 ] && kill -0 $$; do
    command -p sleep 1 || exit
    left=$((left - 1))
  done
  kill -KILL 0
) </dev/null >/dev/null 2>&1 & )
shift
exec "$@" 2>&1`;

const HOOK_NAME = "hearth-hook";

export interface HookCommand {
  readonly argv: readonly [string, ...string[]];
  readonly cwd: string;
  /** Complete; holds no token, and names no incarnation as its owner: it would be ended with that. */
  readonly env: Readonly<Record<string, string>>;
  /** Ends it when it has not ended by itself. */
  readonly signal: AbortSignal;
  /** After so many seconds it ends by itself, should nobody be there to send the signal. */
  readonly endsAfterSeconds: number;
}

/** A hook that runs; both its streams come out of one. */
export type HookProcess = ChildProcess & { readonly stdout: Readable };

/**
 * Starts it as the leader of a process group.
 * @throws LaunchError when the working directory or the program is missing
 */
export function spawnHook({ argv: [name, ...args], cwd, env, endsAfterSeconds }: HookCommand): HookProcess {
  const program = findProgram({ program: name, cwd, path: env.PATH });
  const script = ["-c", HOOK_SCRIPT, HOOK_NAME, String(endsAfterSeconds), program, ...args];
  return spawn("/bin/sh", script, { cwd, env, detached: true, stdio: ["ignore", "pipe", "ignore"] });
}
