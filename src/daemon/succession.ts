// Replaces this daemon by the program on disk: makes sure that it starts, then hands the home over.
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { closeSync, openSync, readSync } from "node:fs";
import { devNull } from "node:os";
import type { Readable } from "node:stream";
import { badConfig } from "../../protocol/errors.js";
import type { ProcessIdentity } from "../sessions/session.js";
import { waitForEnd } from "./incumbent-end.js";
import { announce } from "./standard-streams.js";

/** Names the process a successor waits for: JSON of its own socket and identity. */
const SUCCESSION_VARIABLE = "HEARTHD_SUCCEEDS";

/** Time the new program has to start, or for its check, in milliseconds. */
const START_TIMEOUT_MS = 15_000;

const STDIN = 0;

export interface Predecessor {
  readonly socketPath: string;
  readonly identity: ProcessIdentity;
}

/** The predecessor this process was told to succeed, if any; taken out of the environment. */
export function takePredecessor(env: NodeJS.ProcessEnv): Predecessor | null {
  const text = env[SUCCESSION_VARIABLE];
  delete env[SUCCESSION_VARIABLE];
  return text === undefined ? null : (JSON.parse(text) as Predecessor);
}

/**
 * As the successor: says that everything is ready, waits for the predecessor's word, then for its end. A predecessor that
 * is stopped or killed instead gives no word; then there is nothing to succeed to, and this process ends.
 */
export async function succeed(predecessor: Predecessor): Promise<void> {
  announce({ prepared: process.pid });
  if (!hearsTheWord()) process.exit();
  await waitForEnd(predecessor.socketPath, predecessor.identity, new AbortController().signal);
}

/** Blocks, since nothing else is to be done meanwhile; end-of-file is no word. */
function hearsTheWord(): boolean {
  const count = readSync(STDIN, Buffer.alloc(1));
  closeSync(STDIN);
  // The lowest free number is given out: the one just closed.
  openSync(devNull, "r");
  return count > 0;
}

/**
 * Runs the program on disk with `--check`.
 * @throws HearthError `bad-config` with what it said when it can't start with the present configuration
 */
export async function assertStarts(program: string, args: readonly string[]): Promise<void> {
  const child = spawn(process.execPath, [program, ...args, "--check"], {
    stdio: ["ignore", "pipe", "pipe"],
    timeout: START_TIMEOUT_MS,
    windowsHide: true,
  });
  const why = await failureOf(child, [child.stdout, child.stderr]);
  if (why !== null) throw wouldNotStart(program, why);
}

/** A process that has all it needs to lead but the word. */
export interface Successor {
  /** It leads once this process has ended. Without this it ends with this process, having touched nothing. */
  release(): void;
}

/**
 * Starts the program on disk as the successor; resolves when it has read the configuration and waits for the word.
 * @throws HearthError `bad-config` with what it said when it can't start; nothing is left of it then
 */
export async function prepareSuccessor(
  program: string,
  args: readonly string[],
  self: Predecessor,
): Promise<Successor> {
  const child = spawn(process.execPath, [...process.execArgv, program, ...args], {
    detached: true,
    windowsHide: true,
    stdio: "pipe",
    env: { ...process.env, [SUCCESSION_VARIABLE]: JSON.stringify(self) },
  });
  const patience = setTimeout(() => child.kill("SIGKILL"), START_TIMEOUT_MS);
  // One that dies before it hears the word leaves the home to whoever starts the next daemon.
  child.stdin.on("error", () => {});
  const prepared = once(child.stdout, "data").then(() => null);
  const ended = failureOf(child, [child.stderr]).then((why) => why ?? "it ended at once");
  const why = await Promise.race([prepared, ended]).finally(() => clearTimeout(patience));
  if (why !== null) throw wouldNotStart(program, why);
  return { release: () => child.stdin.end("\n") };
}

/** What a program said before it ended with a failure; null when it ended well. */
async function failureOf(child: ChildProcess, streams: readonly Readable[]): Promise<string | null> {
  let output = "";
  for (const stream of streams) {
    stream.setEncoding("utf8").on("data", (text: string) => {
      output += text;
    });
  }
  const [code, signal]: unknown[] = await once(child, "close");
  return code === 0 ? null : output.trim() || `it ended with ${code === null ? signal : `code ${code}`}`;
}

function wouldNotStart(program: string, why: string) {
  return badConfig(`The program at ${program} would not start: ${why}`, {
    hint: "This daemon goes on as before. Mend what it says, then run `hearth daemon restart` again.",
  });
}
