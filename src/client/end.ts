// Ends a daemon: asks it, waits until it is gone, and only forces one that no longer answers.
import { setTimeout as sleep } from "node:timers/promises";
import type { Descriptor } from "../../protocol/descriptor.js";
import { HearthError } from "../../protocol/errors.js";
import { ClientError } from "../client-error.js";
import { cleanUp } from "./clean-up.js";
import { connectTo } from "./client.js";
import type { Whereabouts } from "./discover.js";
import { descriptorDamaged, heldElsewhere, stopTimedOut } from "./errors.js";
import { patienceWithHolder } from "./held-elsewhere.js";
import { holderOf } from "./lock-file.js";
import { monotonicMs } from "./monotonic.js";
import { answersPing, type Probe, probe } from "./probe.js";
import { goneWithin, processLife, signalProcess } from "./process-identity.js";
import { findSurvivors, type Survivor } from "./survivors.js";

export interface EndOptions {
  readonly whereabouts: Whereabouts;
  /** Agents go on without a daemon, to be adopted by the next. */
  readonly keepAgents: boolean;
  /** Milliseconds to wait for a daemon that answers. */
  readonly timeoutMs: number;
  /** Milliseconds between SIGTERM and SIGKILL for one that does not; defaults to ten seconds. */
  readonly graceMs?: number | undefined;
  /** Told each step that takes long or is out of the ordinary. */
  readonly note?: ((text: string) => void) | undefined;
}

export interface Ended {
  /** `ended`: as asked. `killed`: it no longer answered. `cleaned`: it was gone already and left files. */
  readonly outcome: "not-running" | "ended" | "killed" | "cleaned";
  readonly pid: number | null;
  /** Agents that go on although nobody supervises them. */
  readonly survivors: readonly Survivor[];
}

const GRACE_MS = 10_000;
const LOOK_AGAIN_MS = 50;

/**
 * Returns when the daemon's process is gone, and with it every agent that was to end.
 * @throws {ClientError} `stop-timed-out` when it still answers as the time is up, `descriptor-damaged`; `home-held` when a
 *   living process holds the home and the descriptor here is not its own.
 * @throws {HearthError} `not-permitted` and the like, from the daemon.
 */
export async function endDaemon(options: EndOptions): Promise<Ended> {
  const { whereabouts } = options;
  const found = await probeHolder(options);
  if (found.state === "stopped") return { outcome: "not-running", pid: null, survivors: survivorsOf(whereabouts) };
  if (found.state === "stale") return cleanUpAfter(whereabouts, found, "cleaned");
  if (found.state === "unresponsive") return force(options, found.descriptor, found.why);
  if (found.descriptor === null) throw descriptorDamaged(whereabouts.descriptorPath, found.why ?? "it cannot be read");
  return askToEnd(options, found.descriptor, found.socketPath);
}

/**
 * Of a home that somebody holds it tells more than that there is no daemon: one may be booting, about to end, or about to
 * write a descriptor anew that was deleted.
 */
async function probeHolder({ whereabouts, timeoutMs }: EndOptions): Promise<Probe> {
  const deadline = monotonicMs() + timeoutMs;
  const wait = patienceWithHolder(whereabouts);
  for (;;) {
    const found = await probe(whereabouts);
    if (found.state === "running" || found.state === "unresponsive") return found;
    const holder = holderOf(whereabouts);
    if (holder === null) return found;
    if (monotonicMs() > deadline) throw heldElsewhere(holder.pid, whereabouts.descriptorPath);
    await wait(holder);
    await sleep(LOOK_AGAIN_MS);
  }
}

async function askToEnd(options: EndOptions, descriptor: Descriptor, socketPath: string): Promise<Ended> {
  const { whereabouts, keepAgents, timeoutMs } = options;
  await requestShutdown({ socketPath, token: whereabouts.token ?? descriptor.token, keepAgents, timeoutMs });
  if (await goneWithin(descriptor, timeoutMs)) {
    return { outcome: "ended", pid: descriptor.pid, survivors: keepAgents ? survivorsOf(whereabouts) : [] };
  }
  if (await answersPing(socketPath)) throw stopTimedOut(descriptor.pid);
  // Its time is up already, should it answer again.
  return force({ ...options, timeoutMs: 0 }, descriptor, "it began to stop and then fell silent");
}

async function requestShutdown(request: {
  readonly socketPath: string;
  readonly token: string;
  readonly keepAgents: boolean;
  readonly timeoutMs: number;
}): Promise<void> {
  const { keepAgents, timeoutMs } = request;
  try {
    const client = await connectTo(() => request, { timeoutMs });
    await client.call("daemon.shutdown", { keepAgents }, { timeoutMs }).finally(() => client.close());
  } catch (error) {
    if (!isOnItsWayOut(error)) throw error;
  }
}

/** Somebody else's request came first, or it went between the look and the request. */
function isOnItsWayOut(error: unknown): boolean {
  if (error instanceof HearthError) return error.kind === "shutting-down" || error.kind === "timed-out";
  return error instanceof ClientError && (error.kind === "connection-lost" || error.kind === "offline");
}

/** SIGTERM, the grace, SIGKILL; each only to the very process that the descriptor names. */
async function force(options: EndOptions, descriptor: Descriptor, why: string): Promise<Ended> {
  const { whereabouts, timeoutMs, graceMs = GRACE_MS, note = () => {} } = options;
  const { pid, processStart } = descriptor;
  note(`the daemon (pid ${pid}) does not answer: ${why}`);
  if (!options.keepAgents) {
    note(`sending SIGTERM, then SIGKILL in ${graceMs / 1000} s`);
    signalProcess(pid, processStart, "SIGTERM");
    // A halted process acts on SIGTERM only when it is let go on.
    signalProcess(pid, processStart, "SIGCONT");
  }
  let waitedMs = 0;
  // One that answers again has until the time is up, one that stays silent until the grace is over.
  for (const ms of [Math.min(timeoutMs, graceMs), Math.max(timeoutMs, graceMs)]) {
    if (await goneWithin(descriptor, ms - waitedMs)) break;
    waitedMs = ms;
    const answers = await isAnswering(whereabouts, descriptor);
    if (answers && ms >= timeoutMs) throw stopTimedOut(pid);
    if (!answers && ms >= graceMs) {
      await kill(descriptor, note);
      break;
    }
  }
  return cleanUpAfter(whereabouts, await probe(whereabouts), "killed", pid);
}

async function isAnswering({ socketPath }: Whereabouts, descriptor: Descriptor): Promise<boolean> {
  const isHalted = processLife(descriptor.pid, descriptor.processStart) === "halted";
  return !isHalted && (await answersPing(socketPath ?? descriptor.socketPath));
}

async function kill({ pid, processStart }: Descriptor, note: (text: string) => void): Promise<void> {
  note(`sending SIGKILL to the daemon (pid ${pid})`);
  signalProcess(pid, processStart, "SIGKILL");
  if (!(await goneWithin({ pid, processStart }, GRACE_MS))) throw stopTimedOut(pid);
}

async function cleanUpAfter(
  whereabouts: Whereabouts,
  found: Probe,
  outcome: "cleaned" | "killed",
  pid: number | null = null,
): Promise<Ended> {
  if (found.state === "stale") await cleanUp(whereabouts, found);
  return { outcome, pid, survivors: survivorsOf(whereabouts) };
}

function survivorsOf({ location }: Whereabouts): Survivor[] {
  return findSurvivors(location.home);
}
