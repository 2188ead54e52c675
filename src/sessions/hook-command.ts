// Runs a hook: a program that is ended with everything it started when its time is up, whether or not the daemon lives.
import type { Readable } from "node:stream";
import { setTimeout as sleep } from "node:timers/promises";
import { decodeText, fromWholeCharacter } from "../logs/lines.js";
import { reasonOf, wordsOfEnd } from "./bounded-command.js";
import type { ChildEnd } from "./child-exit.js";
import type { HookCommand, HookProcess } from "./hook-process.js";
import { readIdentity, signalProcess } from "./identity.js";
import { treeOf } from "./members.js";
import type { ProcessEntry } from "./process-entry.js";
import { createScanner } from "./scanner.js";
import type { ProcessIdentity } from "./session.js";
import { killGroup, spawnHook } from "./ways.js";

/** So much of the end of its output is kept. */
const OUTPUT_BYTES = 4_096;
/** Time between two reads: whoever floods the daemon is held up by its own pipe, at a few megabytes a second. */
const READ_EVERY_MS = 10;
/** Time for the rest of the output of one that has ended, in milliseconds: somebody who got away may hold the pipe open. */
const LAST_OUTPUT_MS = 1_000;

export interface HookEnd {
  /** It ended with code 0. */
  readonly succeeded: boolean;
  /** How it ended, in words. */
  readonly detail: string;
  /** The end of what it wrote. */
  readonly output: string;
}

/** Runs it; never rejects. What it leaves in the background is ended with it. */
export async function runHook(hook: HookCommand): Promise<HookEnd> {
  try {
    hook.signal.throwIfAborted();
    const child = spawnHook(hook);
    const output = new OutputTail(child.stdout);
    const end = await untilEnded(child, hook.signal);
    return { ...outcomeOf(end, hook), output: await output.text() };
  } catch (error) {
    return { succeeded: false, detail: error instanceof Error ? error.message : String(error), output: "" };
  }
}

function outcomeOf(end: ChildEnd, { argv: [name], signal }: HookCommand): Omit<HookEnd, "output"> {
  if (signal.aborted) return { succeeded: false, detail: `${name} was ended: ${reasonOf(signal)}` };
  return { succeeded: end.code === 0, detail: `${name} ${wordsOfEnd(end)}` };
}

function untilEnded(child: HookProcess, signal: AbortSignal): Promise<ChildEnd> {
  return new Promise((resolve, reject) => {
    const callOff = (): void => void endTree(child);
    signal.addEventListener("abort", callOff, { once: true });
    child.once("error", reject);
    child.once("exit", (code, ended) => {
      signal.removeEventListener("abort", callOff);
      // Its timer, and what it left behind: with the timer in it the group is still the child's.
      if (child.pid !== undefined) killGroup(child.pid);
      resolve({ code, signal: ended });
    });
  });
}

/** Also those who have left the group, as long as those who started them live to tell. */
async function endTree(child: HookProcess): Promise<void> {
  const { pid } = child;
  const leader = pid === undefined ? null : await readIdentity(pid);
  const tree = leader === null ? [] : await findTree(leader);
  if (pid !== undefined && child.exitCode === null && child.signalCode === null) killGroup(pid);
  for (const { pid, start } of tree) if (leader !== null) await signalProcess({ ...leader, pid, start }, "SIGKILL");
}

const scan = createScanner();

async function findTree(leader: ProcessIdentity): Promise<readonly ProcessEntry[]> {
  try {
    return treeOf(await scan(Number(leader.start)), leader);
  } catch {
    // Without a process table there is still the group.
    return [];
  }
}

/** The end of what comes out of a pipe, however much that is. */
class OutputTail {
  readonly #pipe: Readable;
  readonly #closed: Promise<unknown>;
  #bytes = Buffer.alloc(0);

  constructor(pipe: Readable) {
    this.#pipe = pipe;
    this.#closed = new Promise((resolve) => pipe.once("close", resolve));
    pipe.on("data", (chunk: Buffer) => this.#take(chunk));
    // One that breaks has nothing more to say.
    pipe.on("error", () => {});
  }

  /** To be asked for when the program has ended. */
  async text(): Promise<string> {
    const waiting = new AbortController();
    const late = sleep(LAST_OUTPUT_MS, undefined, { signal: waiting.signal }).catch(() => {});
    await Promise.race([this.#closed, late]);
    waiting.abort();
    this.#pipe.destroy();
    return decodeText(fromWholeCharacter(this.#bytes));
  }

  #take(chunk: Buffer): void {
    this.#bytes = Buffer.concat([this.#bytes, chunk]).subarray(-OUTPUT_BYTES);
    this.#pipe.pause();
    setTimeout(() => this.#pipe.resume(), READ_EVERY_MS);
  }
}
