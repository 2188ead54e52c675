// Replaces a running daemon with the program on disk, and returns once the new one answers.
import { setTimeout as sleep } from "node:timers/promises";
import { HearthError } from "../../protocol/errors.js";
import { ClientError } from "../client-error.js";
import { connectTo } from "./client.js";
import { resolveEndpoint, type Whereabouts } from "./discover.js";
import { descriptorDamaged, launchTimedOut, unresponsive } from "./errors.js";
import type { Launched } from "./launch.js";
import { monotonicMs } from "./monotonic.js";
import { type Probe, probe } from "./probe.js";

type Running = Probe & { readonly state: "running" };

/** The successor is ready before the old daemon ends, so it is there within a moment. */
const LOOK_AGAIN_MS = 10;

export interface RestartOptions {
  readonly whereabouts: Whereabouts;
  /** Milliseconds until the new daemon must answer. */
  readonly timeoutMs: number;
  /** Starts a daemon where none runs. */
  readonly start: () => Promise<Launched>;
}

/**
 * Agents go on running and are adopted. A daemon that is not running is started. One that was started in the foreground,
 * as service managers do, leaves it to whoever did so to start the next.
 * @throws {ClientError} `unresponsive`, `launch-timed-out` and what `start` throws.
 * @throws {HearthError} the configuration or the new program is not fit to start; the old daemon goes on.
 */
export async function restartDaemon({ whereabouts, timeoutMs, start }: RestartOptions): Promise<Running> {
  const found = await probe(whereabouts);
  if (found.state === "unresponsive") throw unresponsive(found.descriptor.pid, found.why);
  if (found.state !== "running") return (await start()).found;
  if (found.descriptor === null) throw descriptorDamaged(whereabouts.descriptorPath, found.why ?? "it cannot be read");
  const previous = found.descriptor.instanceId;
  const deadline = monotonicMs() + timeoutMs;
  const isAsked = await requestRestart(whereabouts, timeoutMs).then(() => true, unlessLeaving);
  while (monotonicMs() < deadline) {
    const next = await probe(whereabouts);
    if (next.state === "running" && next.descriptor !== null && next.descriptor.instanceId !== previous) return next;
    // Somebody else has stopped it meanwhile.
    if (next.state === "stopped" && !isAsked) return (await start()).found;
    await sleep(LOOK_AGAIN_MS);
  }
  throw launchTimedOut(timeoutMs);
}

async function requestRestart(whereabouts: Whereabouts, timeoutMs: number): Promise<void> {
  const client = await connectTo(() => resolveEndpoint(whereabouts), { timeoutMs });
  await client.call("daemon.restart", {}, { timeoutMs }).finally(() => client.close());
}

/** A daemon that goes before it answers is being replaced or stopped already. */
function unlessLeaving(error: unknown): false {
  const isGone = error instanceof ClientError && (error.kind === "connection-lost" || error.kind === "offline");
  if (isGone || (error instanceof HearthError && error.kind === "shutting-down")) return false;
  throw error;
}
