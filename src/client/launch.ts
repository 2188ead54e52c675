// Starts a daemon in the background and returns once it answers.
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { parse } from "node:path";
import type { Readable } from "node:stream";
import { setTimeout as sleep } from "node:timers/promises";
import { cancelled } from "../../protocol/errors.js";
import { ClientError } from "../client-error.js";
import { awaken } from "./awaken.js";
import { assertTrusted, type Whereabouts } from "./discover.js";
import { badConfiguration, descriptorDamaged, launchFailed, launchTimedOut, unresponsive } from "./errors.js";
import { type Holder, patienceWithHolder } from "./held-elsewhere.js";
import { timerMs } from "./limit.js";
import { type Probe, probe } from "./probe.js";
import { processExists } from "./process-identity.js";
import { daemonEnvironment, type HearthdPlace, hearthdArguments } from "./program.js";

export interface LaunchOptions extends HearthdPlace {
  /** Milliseconds until the daemon must answer. */
  readonly timeoutMs: number;
  readonly env?: Readonly<Record<string, string | undefined>> | undefined;
  /** Stops waiting; a daemon that has begun to start goes on. */
  readonly signal?: AbortSignal | undefined;
}

type Running = Probe & { readonly state: "running" };

export interface Launched {
  readonly found: Running;
  /** Somebody else's daemon was there, or came first. */
  readonly alreadyRunning: boolean;
}

/** How one attempt to start hearthd ended. */
type Attempt =
  | { readonly outcome: "serving"; readonly pid: number }
  /** Another process holds the home, which may still be booting. */
  | ({ readonly outcome: "held" } & Holder)
  | { readonly outcome: "refused"; readonly reason: string }
  | { readonly outcome: "failed"; readonly reason: string };

const CONFIG_EXIT = 78;
const LOOK_AGAIN_MS = 50;
const MAX_COMPLAINT_CHARS = 64 * 1024;

/**
 * Starts the daemon unless one runs. Where a service manager listens in its place it is left to that. A daemon that comes first is waited for; if it dies meanwhile, the launch begins again
 * until the time is up.
 * @throws {ClientError} `unresponsive`, `bad-config`, `home-held` (by one whose descriptor is elsewhere),
 *   `launch-failed`, `launch-timed-out`, `descriptor-damaged`.
 * @throws {HearthError} `cancelled` by the signal, `invalid-params` when the time is none.
 * @throws {TrustError} {PathError} the home cannot be used; both are ClientErrors.
 */
export async function launch(options: LaunchOptions): Promise<Launched> {
  const { whereabouts, timeoutMs } = options;
  assertTrusted(whereabouts);
  const timeUp = AbortSignal.timeout(timerMs(timeoutMs));
  const signal = AbortSignal.any([timeUp, ...(options.signal === undefined ? [] : [options.signal])]);
  const present = await probe(whereabouts);
  if (present.state === "running") return { found: usable(present, whereabouts), alreadyRunning: true };
  if (present.state === "unresponsive") throw unresponsive(present.descriptor.pid, present.why);
  try {
    const found = await awakened(whereabouts, signal);
    if (found !== null) return { found, alreadyRunning: false };
    return await attemptUntilServed(options, signal);
  } catch (error) {
    if (options.signal?.aborted) throw cancelled();
    throw timeUp.aborted ? launchTimedOut(timeoutMs) : error;
  }
}

/** Null when nobody listens, or whoever does could not start it: then the next attempt tells why. */
async function awakened(whereabouts: Whereabouts, signal: AbortSignal): Promise<Running | null> {
  try {
    if (!(await awaken(whereabouts, { signal }))) return null;
  } catch (error) {
    if (error instanceof ClientError && error.kind === "launch-failed") return null;
    throw error;
  }
  const found = await probe(whereabouts);
  return found.state === "running" ? usable(found, whereabouts) : null;
}

async function attemptUntilServed(options: LaunchOptions, signal: AbortSignal): Promise<Launched> {
  for (;;) {
    const attempt = await spawnDaemon(options, signal);
    if (attempt.outcome === "refused") throw badConfiguration(attempt.reason);
    if (attempt.outcome === "failed") throw launchFailed(attempt.reason);
    const found = await untilAnswered(options.whereabouts, attempt, signal);
    if (found !== null) return { found, alreadyRunning: attempt.outcome === "held" };
  }
}

/** Null when the process that holds the home has gone and left it to the next. */
async function untilAnswered(
  whereabouts: Whereabouts,
  holder: Attempt & { readonly pid: number },
  signal: AbortSignal,
): Promise<Running | null> {
  const wait = patienceWithHolder(whereabouts);
  for (;;) {
    const found = await probe(whereabouts);
    if (found.state === "running") return usable(found, whereabouts);
    if (!processExists(holder.pid)) return null;
    // A holder that has no descriptor yet is booting; one that has and does not answer is no daemon to wait for.
    if (found.state === "unresponsive") throw unresponsive(found.descriptor.pid, found.why);
    if (holder.outcome === "held") await wait(holder);
    await sleep(LOOK_AGAIN_MS, undefined, { signal });
  }
}

function usable(found: Running, { descriptorPath }: Whereabouts): Running {
  if (found.descriptor === null) throw descriptorDamaged(descriptorPath, found.why ?? "it cannot be read");
  return found;
}

async function spawnDaemon(options: LaunchOptions, signal: AbortSignal): Promise<Attempt> {
  const { whereabouts, env = process.env } = options;
  const { home } = whereabouts.location;
  const child = spawn(process.execPath, hearthdArguments(options, ["--detached"]), {
    cwd: parse(home).root,
    detached: true,
    windowsHide: true,
    env: daemonEnvironment(env, home, process.ppid),
    stdio: ["ignore", "pipe", "pipe"],
  });
  try {
    return await outcomeOf(child, signal);
  } finally {
    letGo(child);
  }
}

/** Served when it says so on stdout, otherwise what its end and its complaints say. */
async function outcomeOf(
  child: ChildProcess & { stdout: Readable; stderr: Readable },
  signal: AbortSignal,
): Promise<Attempt> {
  const complaint = collect(child.stderr);
  const announced = once(child.stdout, "data", { signal }).then(
    (): Attempt => ({ outcome: "serving", pid: child.pid ?? 0 }),
  );
  const ended = once(child, "close", { signal }).then(([code, by]): Attempt => explain(complaint.text(), code, by));
  // The one that comes second is of no interest, nor is its being called off.
  announced.catch(() => {});
  ended.catch(() => {});
  return Promise.race([announced, ended]);
}

function collect(stream: Readable): { text(): string } {
  let text = "";
  stream.setEncoding("utf8");
  stream.on("data", (chunk: string) => {
    text = (text + chunk).slice(-MAX_COMPLAINT_CHARS);
  });
  return { text: () => text };
}

function explain(complaint: string, code: number | null, signal: string | null): Attempt {
  const lines = complaint.trimEnd().split("\n");
  const holder = heldBy(lines.at(-1) ?? "");
  if (holder !== null) return { outcome: "held", ...holder };
  const how = code === null ? `hearthd was killed by ${signal}` : `hearthd exited with code ${code}`;
  const reason = complaint.trim() === "" ? how : lines.join("\n");
  return { outcome: code === CONFIG_EXIT ? "refused" : "failed", reason };
}

/** hearthd's last line when another daemon holds the home: {"held": {"pid": N, "socketPath": "..."}}. */
function heldBy(line: string): Holder | null {
  try {
    const { held } = JSON.parse(line) as { held?: Partial<Holder> };
    const { pid, socketPath } = held ?? {};
    return typeof pid === "number" && typeof socketPath === "string" ? { pid, socketPath } : null;
  } catch {
    return null;
  }
}

/** The daemon goes on by itself; nothing of it keeps this process from ending. */
function letGo(child: ChildProcess): void {
  child.stdout?.destroy();
  child.stderr?.destroy();
  child.unref();
}
