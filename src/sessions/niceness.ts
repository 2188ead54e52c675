// Gives a gate the niceness that its command is to run with: it stays through exec(2), and children inherit it.
import { setPriority } from "node:os";
import { LaunchError } from "./session.js";

/**
 * Null leaves the daemon's own. Not nice(1), which counts from the daemon's niceness, and goes on when it is refused.
 *
 * @throws LaunchError when it is not permitted
 * @throws the system's error, for one when the process has ended
 */
export function setNiceness(pid: number, nice: number | null): void {
  if (nice === null) return;
  try {
    setPriority(pid, nice);
  } catch (error) {
    throw isRefusal(error) ? notPermitted(nice) : error;
  }
}

function isRefusal(error: unknown): boolean {
  const { code } = (error as { info?: { code?: unknown } }).info ?? {};
  return code === "EACCES" || code === "EPERM";
}

function notPermitted(nice: number): LaunchError {
  const hint = "raise `nice`, or let the user have it: a limit of RLIMIT_NICE (LimitNICE= of systemd), or root";
  return new LaunchError(`nice = ${nice} is not permitted to the daemon's user`, hint);
}
