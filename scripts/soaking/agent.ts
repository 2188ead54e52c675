// An agent of the soak: prints numbered lines, misbehaving in every way its habits name until there is to be calm.
import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, readFileSync, writeSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { setTimeout as delay } from "node:timers/promises";
import type { LifecycleAction } from "../../protocol/lifecycle.js";
import {
  type Client,
  ClientError,
  connect,
  HearthError,
  type MethodName,
  type Params,
} from "../../src/client/index.js";
import { environmentOf, processesOf } from "../../test/support/processes.js";
import type { Habits } from "./cast.js";
import { type Entry, writeEntry } from "./diary.js";
import { numberedLine } from "./line.js";
import { Random } from "./random.js";

const { HEARTH_HOME = "", HEARTH_AGENT: agent = "", HEARTH_INCARNATION, HEARTH_HANDOFF_FILE } = process.env;
const { SOAK_PLACE = "", SOAK_SEED = "", SOAK_HABITS = "{}" } = process.env;
const incarnation = Number(HEARTH_INCARNATION);
const habits: Habits = JSON.parse(SOAK_HABITS);
const chance = new Random(`${SOAK_SEED}/${agent}/${incarnation}`);

const TICK_MS = 20;
const RETRY_MS = 30;
/** A daemon may be away for as long as the soak likes. */
const PATIENT = { tries: 100_000, firstDelayMs: RETRY_MS, maxDelayMs: 2 * RETRY_MS };
const LINES_OF_A_BURST = 800;
/** Probability of an end before anything else is done. */
const CRASH_AT_ONCE = 0.08;
/** Ends that leave no core file behind; each has a default action that ends the process. */
const ENDS = ["SIGKILL", "SIGKILL", "SIGHUP", "SIGALRM", "SIGINT", "exit 0", "exit 1", "exit 42"] as const;

let printed = 0;
let isHung = false;
let isAsking = false;
let connecting: Promise<Client> | null = null;
/** Handoffs are left one after the other, so that which is the latest is no question of luck. */
let putting: Promise<unknown> = Promise.resolve();

const note = (entry: Entry): void => writeEntry(join(SOAK_PLACE, "diaries"), { agent, incarnation }, entry);
const isCalm = (): boolean => existsSync(join(SOAK_PLACE, "calm"));

/** Each line is one write, as a program that cares for its log would have it. */
function print(lines: number): void {
  for (const last = printed + lines; printed < last; printed++) {
    writeWhole(numberedLine(agent, incarnation, printed + 1));
  }
  if (lines > 1 || printed % 10 === 0) notePrinted();
}

function notePrinted(): void {
  note({ did: "print", lines: printed });
}

function writeWhole(text: string): void {
  let rest = Buffer.from(text);
  while (rest.length > 0) rest = rest.subarray(writeSync(1, rest));
}

function crash(): void {
  const how = chance.pick(ENDS);
  notePrinted();
  note({ did: "crash", how });
  if (how.startsWith("exit")) process.exit(Number(how.slice(5)));
  process.kill(process.pid, how as NodeJS.Signals);
}

/** The kernel is the referee: a name in the abstract namespace has one holder at a time, and is free at its death. */
function claimToBeTheOnlyOne(): void {
  const name = createHash("sha256").update(`${HEARTH_HOME} ${agent}`).digest("hex");
  const referee = createServer();
  referee.on("error", () => note({ did: "meet-double" }));
  referee.listen(`\0hearth-soak-${name}`);
}

function othersOfThisAgent(): string[] {
  const others = processesOf(HEARTH_HOME).filter(({ pid }) => {
    const its = environmentOf(pid);
    return its.HEARTH_AGENT === agent && its.HEARTH_INCARNATION !== HEARTH_INCARNATION;
  });
  return others.map(({ pid, command }) => `${pid} of ${environmentOf(pid).HEARTH_INCARNATION}: ${command}`);
}

function readHandoff(): string | null {
  return HEARTH_HANDOFF_FILE === undefined ? null : readFileSync(HEARTH_HANDOFF_FILE, "utf8");
}

/** Children that must not outlive this session, whatever they do to get away. */
const FORKS = {
  plain: () => spawn("sleep", ["3600"], { stdio: "ignore" }),
  "own session": () => spawn("sleep", ["3600"], { stdio: "ignore", detached: true }),
  "double fork": () => spawn("/bin/sh", ["-c", "sleep 3600 & :"], { stdio: "ignore", detached: true }),
  "deaf double fork": () =>
    spawn("/bin/sh", ["-c", "trap '' TERM HUP; sleep 3600 & :"], { stdio: "ignore", detached: true }),
} as const;

function fork(): void {
  const kind = chance.pick(Object.keys(FORKS) as (keyof typeof FORKS)[]);
  FORKS[kind]().unref();
  note({ did: "fork", kind });
}

/** Calls until there is an answer: the daemon may be dead, and then there will be another. */
async function insist<M extends MethodName>(method: M, params: Params<M>): Promise<void> {
  for (;;) {
    try {
      const client = await reach();
      await client.call(method, params, { timeoutMs: 5_000 });
      return;
    } catch (error) {
      if (!mayPass(error)) throw error;
      await delay(RETRY_MS);
    }
  }
}

function reach(): Promise<Client> {
  connecting ??= connect({ reconnect: PATIENT }).catch((error: unknown) => {
    connecting = null;
    throw error;
  });
  return connecting;
}

function mayPass(error: unknown): boolean {
  if (error instanceof ClientError) return error.kind === "offline" || error.kind === "connection-lost";
  return error instanceof HearthError && (error.kind === "timed-out" || error.kind === "shutting-down");
}

async function tellReady(): Promise<void> {
  note({ did: "get-ready", stage: "sent" });
  await insist("agent.ready", {});
  note({ did: "get-ready", stage: "answered" });
}

function put(): void {
  putting = putting.then(async () => {
    const handoff = newTag("put");
    note({ did: "put", stage: "sent", handoff });
    await insist("handoff.put", { handoff });
    note({ did: "put", stage: "answered", handoff });
  });
}

async function ask(action: LifecycleAction): Promise<void> {
  isAsking = true;
  await putting;
  const tag = newTag(action);
  note({ did: "ask", stage: "sent", action, tag });
  await insist("lifecycle.request", { action, key: tag, reason: tag, ...(action === "cycle" ? { handoff: tag } : {}) });
  note({ did: "ask", stage: "answered", action, tag });
}

function newTag(what: string): string {
  return `${what} of ${agent} ${incarnation} at line ${printed}`;
}

/** Either it only stops beating, or it can't do anything any more. */
function hang(): void {
  note({ did: "hang" });
  isHung = true;
  if (chance.chance(0.3)) process.kill(process.pid, "SIGSTOP");
}

async function beatOn(): Promise<void> {
  while (!isHung) {
    await insist("agent.beat", {});
    await delay(100);
  }
}

async function hearNotices(): Promise<void> {
  await insist("system.ping", {});
  for await (const { method } of await (await reach()).notices()) {
    if (method === "heartbeat") note({ did: "hear-heartbeat" });
    if (method === "handoff.requested" && habits.put !== undefined && chance.chance(0.5)) put();
  }
}

function hearPokes(): void {
  createInterface({ input: process.stdin }).on("line", (message) => note({ did: "hear-poke", message }));
}

/** Mostly prompt, sometimes slow, now and then deaf: then its grace ends it. */
function beStopped(): void {
  notePrinted();
  note({ did: "be-stopped" });
  const mood = chance.next();
  if (mood < 0.6) process.exit(0);
  if (mood < 0.9) setTimeout(() => process.exit(0), chance.integer({ min: 1, max: 300 }));
}

type Deed = Extract<keyof Habits, "crash" | "fork" | "cycle" | "restart" | "put" | "burst" | "hang">;

const DEEDS: Readonly<Record<Deed, () => void>> = {
  crash,
  fork,
  cycle: () => void ask("cycle"),
  restart: () => void ask("restart"),
  put,
  burst: () => print(LINES_OF_A_BURST),
  hang,
};

/** Requests and handoffs are what the daemon is to be asked for first; one who has asked waits for its end. */
function mayDo(deed: Deed): boolean {
  if (["cycle", "restart", "put"].includes(deed)) return isReady && !isAsking;
  return !isHung;
}

let isReady = false;

function tick(): void {
  print(1);
  if (isCalm()) return;
  for (const [deed, act] of Object.entries(DEEDS) as [Deed, () => void][]) {
    if (chance.chance(((habits[deed] ?? 0) * TICK_MS) / 1000) && mayDo(deed)) act();
  }
}

async function prepare(): Promise<void> {
  if (habits.tellsReady) await tellReady();
  isReady = true;
}

note({ did: "start", pid: process.pid, beside: othersOfThisAgent() });
claimToBeTheOnlyOne();
note({ did: "inherit", handoff: readHandoff() });
process.on("SIGTERM", beStopped);
print(1);
if (!isCalm() && habits.crash !== undefined && chance.chance(CRASH_AT_ONCE)) crash();
if (habits.listens) hearPokes();
if (habits.hang !== undefined) void beatOn();
if (habits.hang !== undefined || habits.put !== undefined) void hearNotices();
void prepare();
setInterval(tick, TICK_MS);
