// A program in the foreground in place of this one: signals are handed on to it, and as it ends so does the command.
import type { ChildProcess } from "node:child_process";
import { once } from "node:events";
import { constants } from "node:os";

/** Whoever ends this program means the one it stands for. */
const FORWARDED = ["SIGTERM", "SIGHUP", "SIGINT"] as const;

/** Resolves with its exit code, as a shell reports it; rejects when it could not be started. */
export async function inForeground(child: ChildProcess): Promise<number> {
  for (const signal of FORWARDED) process.on(signal, () => child.kill(signal));
  const [code, signal] = (await once(child, "exit")) as [number | null, NodeJS.Signals | null];
  return code ?? 128 + (signal === null ? 0 : constants.signals[signal]);
}
