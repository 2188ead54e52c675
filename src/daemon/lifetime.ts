// How the process ends: once, in order, with every way of ending leading here.
import type { DaemonLog } from "./log.js";

/** Time the log has to be flushed after an uncaught error, in milliseconds. */
const LAST_WORDS_MS = 2_000;

export interface Ending {
  readonly reason: string;
  readonly keepAgents: boolean;
  readonly exitCode: number;
}

/** Returns what ends the process; the first call decides, later ones change nothing and are told so by false. */
export function onlyOnce(
  end: (ending: Ending) => Promise<void>,
  failed: (error: unknown) => void,
): (ending: Ending) => boolean {
  let ended = false;
  return (ending) => {
    if (ended) return false;
    ended = true;
    end(ending).catch(failed);
    return true;
  };
}

/** SIGTERM and SIGINT end the daemon, SIGHUP reads the configuration again; a vanished terminal is no reason to end. */
export function obeySignals(actions: { end(reason: string): void; reload(): void }): void {
  for (const signal of ["SIGTERM", "SIGINT"] as const) process.on(signal, () => actions.end(signal));
  process.on("SIGHUP", () => actions.reload());
}

/** An uncaught error is a defect: it is logged and ends the process, leaving the agents to the next daemon. */
export function endOnDefects(log: DaemonLog, exitCode: number): (error: unknown) => void {
  const end = (error: unknown): void => {
    log.error("uncaught error", { error: error instanceof Error ? (error.stack ?? error.message) : String(error) });
    const leave = (): void => process.exit(exitCode);
    setTimeout(leave, LAST_WORDS_MS);
    log.close().then(leave, leave);
  };
  process.on("uncaughtException", end);
  process.on("unhandledRejection", end);
  return end;
}
