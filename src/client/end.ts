// Ends a daemon: asks it, waits until it is gone, and only forces one that no longer answers.
import type { Descriptor } from "../../protocol/descriptor.js";
import { HearthError } from "../../protocol/errors.js";
import { cleanUp } from "./clean-up.js";
import { connectTo } from "./client.js";
import type { Whereabouts } from "./discover.js";
import { ClientError, descriptorDamaged, stopTimedOut } from "./errors.js";
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

/**
 * Returns when the daemon's process is gone, and with it every agent that was to end.
 * @throws {ClientError} `stop-timed-out` when it still answers as the time is up, `descriptor-damaged`.
 * @throws {HearthError} `not-permitted` and the like, from the daemon.
 */
export async function endDaemon(options: EndOptions): Promise<Ended> {
  const { whereabouts } = options;
  const found = await probe(whereabouts);
  if (found.state === "stopped") return { outcome: "not-running", pid: null, survivors: survivorsOf(whereabouts) };
  if (found.state === "stale") return cleanUpAfter(whereabouts, found, "cleaned");
  if (found.state === "unresponsive") return force(options, found.descriptor, found.why);
  if (found.descriptor === null) throw descriptorDamaged(whereabouts.descriptorPath, found.why ?? "it cannot be read");
  return askToEnd(options, found.descriptor, found.socketPath);
}

async function askToEnd(options: EndOptions, descriptor: Descriptor, socketPath: string): Promise<Ended> {
  const { whereabouts, keepAgents, timeoutMs } = options;
  await requestShutdown({ socketPath, token: whereabouts.token ?? descriptor.token, keepAgents, timeoutMs });
  if (await goneWithin(descriptor, timeoutMs)) {
    return { outcome: "ended", pid: descriptor.pid, survivors: keepAgents ? survivorsOf(whereabouts) : [] };
  }
  if (await answersPing(socketPath)) throw stopTimedOut(descriptor.pid);
  return force(options, descriptor, "it began to stop and then fell silent");
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
  const { whereabouts, graceMs = GRACE_MS, note = () => {} } = options;
  const { pid, processStart } = descriptor;
  note(`the daemon (pid ${pid}) does not answer: ${why}`);
  if (!options.keepAgents) {
    note(`sending SIGTERM, then SIGKILL in ${graceMs / 1000} s`);
    signalProcess(pid, processStart, "SIGTERM");
    // A halted process acts on SIGTERM only when it is let go on.
    signalProcess(pid, processStart, "SIGCONT");
  }
  if (!(await goneWithin(descriptor, graceMs))) await kill(options, descriptor);
  return cleanUpAfter(whereabouts, await probe(whereabouts), "killed", pid);
}

async function kill({ whereabouts, timeoutMs, note = () => {} }: EndOptions, descriptor: Descriptor): Promise<void> {
  const { pid, processStart } = descriptor;
  const isHalted = processLife(pid, processStart) === "halted";
  if (!isHalted && (await answersPing(whereabouts.socketPath ?? descriptor.socketPath))) throw stopTimedOut(pid);
  note(`sending SIGKILL to the daemon (pid ${pid})`);
  signalProcess(pid, processStart, "SIGKILL");
  if (!(await goneWithin(descriptor, timeoutMs))) throw stopTimedOut(pid);
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
