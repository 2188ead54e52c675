// Runs a small program on an agent's behalf: in a process group of its own, for a bounded time, with its output thrown away.
import type { ChildEnd } from "./child-exit.js";
import type { Program } from "./program.js";
import type { PokeOutcome } from "./session.js";
import { killGroup, spawnProgram } from "./ways.js";

export interface BoundedCommand extends Program {
  /** Ends it, with everything in its process group. */
  readonly signal: AbortSignal;
}

/** Whether it ended with code 0; never rejects, `detail` tells what else happened. */
export async function runBounded(command: BoundedCommand): Promise<PokeOutcome> {
  try {
    command.signal.throwIfAborted();
    return await outcomeOf(command);
  } catch (error) {
    // Some mistakes, such as an environment that is too long, are thrown by spawn itself.
    return { delivered: false, detail: error instanceof Error ? error.message : String(error) };
  }
}

function outcomeOf({ argv, cwd, env, signal }: BoundedCommand): Promise<PokeOutcome> {
  const [program = ""] = argv;
  return new Promise((resolve) => {
    const child = spawnProgram({ argv, cwd, env });
    const callOff = (): void => {
      if (child.pid !== undefined) killGroup(child.pid);
    };
    signal.addEventListener("abort", callOff, { once: true });
    child.once("error", (error) => resolve({ delivered: false, detail: error.message }));
    child.once("exit", (code, ended) => {
      signal.removeEventListener("abort", callOff);
      if (signal.aborted) resolve({ delivered: false, detail: `${program} was ended: ${reasonOf(signal)}` });
      else if (code === 0) resolve({ delivered: true });
      else resolve({ delivered: false, detail: `${program} ${wordsOfEnd({ code, signal: ended })}` });
    });
  });
}

/** How a program ended, in words. */
export function wordsOfEnd({ code, signal }: ChildEnd): string {
  return signal === null ? `exited with code ${code}` : `was ended by ${signal}`;
}

/** Why something was called off, in words. */
export function reasonOf({ reason }: AbortSignal): string {
  return reason instanceof Error ? reason.message : String(reason);
}
