// Tells a daemon that runs from one that is stopped, stale or unresponsive.
import type { DaemonStatus } from "../../protocol/calls.js";
import type { Descriptor, DescriptorFault } from "../../protocol/descriptor.js";
import { HearthError } from "../../protocol/errors.js";
import { ClientError } from "../client-error.js";
import { homeFiles, PathError } from "../paths.js";
import { type Connection, openConnection } from "./connection.js";
import { messageOf, readDescriptor, type Whereabouts } from "./discover.js";
import { descriptorNewer } from "./errors.js";
import { goneWithin, processLife } from "./process-identity.js";

/** What there is of a daemon. `why` says, for people, how that is known. */
export type Probe =
  /** `status` is null when it answers but does not take the token. `descriptor` is null when its file is damaged. */
  | {
      readonly state: "running";
      readonly descriptor: Descriptor | null;
      readonly socketPath: string;
      readonly status: DaemonStatus | null;
      readonly why: string | null;
    }
  /** No descriptor. */
  | { readonly state: "stopped" }
  /** A descriptor whose daemon is gone; it is null when the file is damaged. */
  | { readonly state: "stale"; readonly descriptor: Descriptor | null; readonly why: string }
  /** The daemon's process is there and does not answer. */
  | { readonly state: "unresponsive"; readonly descriptor: Descriptor; readonly why: string };

export interface ProbeOptions {
  /** How long a live process may take to answer, in milliseconds. */
  readonly timeoutMs?: number | undefined;
}

/** A daemon that is busy for longer than this is called unresponsive. */
const ANSWER_TIMEOUT_MS = 3_000;
const DYING_MS = 250;

/**
 * Looks at the descriptor, the process and the socket, in this order. Changes nothing.
 * @throws {ClientError} `descriptor-newer`.
 * @throws {TrustError} the descriptor may not be read.
 */
export async function probe(whereabouts: Whereabouts, options: ProbeOptions = {}): Promise<Probe> {
  const parsed = readDescriptor(whereabouts.descriptorPath);
  if (parsed === null) return { state: "stopped" };
  if (!parsed.ok) return probeDamaged(whereabouts, parsed, options);
  const { descriptor } = parsed;
  const life = processLife(descriptor.pid, descriptor.processStart);
  if (life === "gone") return staleAfter(descriptor);
  if (life === "halted") return { state: "unresponsive", descriptor, why: "its process is halted (SIGSTOP)" };
  return probeLive(whereabouts, descriptor, options);
}

/** Whether a daemon answers on a socket at all; asks nothing that needs a token. */
export async function answersPing(
  socketPath: string,
  { timeoutMs = ANSWER_TIMEOUT_MS }: ProbeOptions = {},
): Promise<boolean> {
  const asked = await ask(socketPath, timeoutMs, (connection) => connection.call("system.ping", {}, { timeoutMs }));
  return asked.ok;
}

async function probeDamaged(
  { descriptorPath, socketPath, location }: Whereabouts,
  { reason, detail }: { readonly reason: DescriptorFault; readonly detail: string },
  options: ProbeOptions,
): Promise<Probe> {
  if (reason === "newer-version") throw descriptorNewer(descriptorPath, detail);
  const why = `${descriptorPath}: ${detail}`;
  const socket = socketPath ?? homeFiles(location.home).socket;
  if (!(await answersPing(socket, options))) return { state: "stale", descriptor: null, why };
  return { state: "running", descriptor: null, socketPath: socket, status: null, why };
}

async function probeLive(whereabouts: Whereabouts, descriptor: Descriptor, options: ProbeOptions): Promise<Probe> {
  const { timeoutMs = ANSWER_TIMEOUT_MS } = options;
  const socketPath = whereabouts.socketPath ?? descriptor.socketPath;
  const token = whereabouts.token ?? descriptor.token;
  const asked = await ask(socketPath, timeoutMs, (connection) => askStatus(connection, { token, timeoutMs }));
  if (asked.ok) return { state: "running", descriptor, socketPath, ...asked.answer };
  // A dying process is visible for a moment after its sockets are gone.
  if (await goneWithin(descriptor, DYING_MS)) return staleAfter(descriptor);
  return { state: "unresponsive", descriptor, why: asked.why };
}

function staleAfter(descriptor: Descriptor): Probe {
  return { state: "stale", descriptor, why: `process ${descriptor.pid} is no longer there` };
}

/** Ping, attach and status in one write; the ping alone decides whether it runs. */
async function askStatus(
  connection: Connection,
  { token, timeoutMs }: { readonly token: string; readonly timeoutMs: number },
): Promise<{ readonly status: DaemonStatus | null; readonly why: string | null }> {
  const [ping, attach, status] = await Promise.allSettled([
    connection.call("system.ping", {}, { timeoutMs }),
    connection.call("system.attach", { token }, { timeoutMs }),
    connection.call("daemon.status", {}, { timeoutMs }),
  ]);
  if (ping.status === "rejected") throw ping.reason;
  if (status.status === "fulfilled") return { status: status.value, why: null };
  const refusal: unknown = attach.status === "rejected" ? attach.reason : status.reason;
  return { status: null, why: messageOf(refusal) };
}

type Asked<T> = { readonly ok: true; readonly answer: T } | { readonly ok: false; readonly why: string };

async function ask<T>(
  socketPath: string,
  timeoutMs: number,
  question: (connection: Connection) => Promise<T>,
): Promise<Asked<T>> {
  let connection: Connection | null = null;
  try {
    connection = await openConnection(socketPath, { notification: () => {}, closed: () => {} }, { timeoutMs });
    return { ok: true, answer: await question(connection) };
  } catch (error) {
    const isAnswer = error instanceof ClientError || error instanceof HearthError;
    if (!isAnswer || error instanceof PathError) throw error;
    return { ok: false, why: whyNoAnswer(error, { socketPath, timeoutMs }) };
  } finally {
    connection?.close();
  }
}

function whyNoAnswer(
  error: ClientError | HearthError,
  { socketPath, timeoutMs }: { readonly socketPath: string; readonly timeoutMs: number },
): string {
  if (error.kind === "timed-out") return `no answer on ${socketPath} within ${timeoutMs / 1000} s`;
  return error.kind === "offline" ? `nobody listens on ${socketPath}` : error.message;
}

/** The pid a probe found, whether or not it is still there. */
export function pidOf(found: Probe): number | null {
  if (found.state === "stopped") return null;
  return found.descriptor?.pid ?? null;
}
