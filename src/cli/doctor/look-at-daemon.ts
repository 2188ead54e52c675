// Looks at the daemon and what is left of earlier ones for the doctor, changing nothing.
import { lstatSync, realpathSync } from "node:fs";
import { join } from "node:path";
import type { AgentStatus } from "../../../protocol/methods.js";
import { connectTo } from "../../client/client.js";
import type { Whereabouts } from "../../client/discover.js";
import { type LockFact, namesIn, readLock } from "../../client/lock-file.js";
import { readOrdinaryFile } from "../../client/ordinary-file.js";
import { answersPing, type Probe, probe } from "../../client/probe.js";
import { processExists } from "../../client/process-identity.js";
import { findSurvivors } from "../../client/survivors.js";
import { ClientError } from "../../client-error.js";
import { homeFiles, maxSocketPathBytes, PathError, socketPathFits } from "../../paths.js";
import type { DaemonFacts, Found, SocketFact } from "./daemon.js";
import { hasProc } from "./look-at-machine.js";

export interface DaemonLook {
  readonly timeoutMs: number;
}

export async function lookAtDaemon(whereabouts: Whereabouts, options: DaemonLook): Promise<DaemonFacts> {
  const { location, descriptorPath } = whereabouts;
  const { run } = homeFiles(location.home);
  const found = await find(whereabouts, options);
  const socket = await lookAtSocket(whereabouts, found, options);
  const lock = readLock(run);
  return {
    descriptorPath,
    found,
    socket,
    lock,
    leftovers: leftoversOf(whereabouts, { found, socket, lock }),
    survivors: findSurvivors(location.home),
    agents: found.state === "running" ? await agentsOf(whereabouts, found, options) : null,
    home: realPath(location.home),
    isInSession: whereabouts.token !== null,
  };
}

async function find(whereabouts: Whereabouts, options: DaemonLook): Promise<Found> {
  const { descriptorPath } = whereabouts;
  const read = readOrdinaryFile(descriptorPath);
  if ("why" in read && !read.isMissing) {
    const hint =
      "make it a file that you can read, with `ls -l` to see what it is; or name another with `--descriptor`";
    return { state: "unknown", why: `${descriptorPath} cannot be read: ${read.why}`, hint };
  }
  if ("text" in read && hasProc() === false) return { state: "unknown", ...NO_PROC };
  try {
    return await probe(whereabouts, options);
  } catch (error) {
    if (!(error instanceof ClientError) || error instanceof PathError) throw error;
    return { state: "unknown", why: error.message, hint: error.hint };
  }
}

/** Without /proc every daemon would be taken for gone. */
const NO_PROC = { why: "no process can be seen without /proc", hint: "run `mount -t proc proc /proc` as root" };

async function lookAtSocket(whereabouts: Whereabouts, found: Found, options: DaemonLook): Promise<SocketFact> {
  const named = "descriptor" in found ? found.descriptor?.socketPath : undefined;
  const path = whereabouts.socketPath ?? named ?? homeFiles(whereabouts.location.home).socket;
  const fits = socketPathFits(path, process.platform);
  const kind = kindOf(path);
  const isWorthAsking = found.state === "stopped" && fits && kind === "socket";
  return {
    path,
    maxBytes: fits ? null : maxSocketPathBytes(process.platform),
    kind,
    answers: isWorthAsking ? await answersPing(path, options) : null,
  };
}

function kindOf(path: string): SocketFact["kind"] {
  try {
    return lstatSync(path).isSocket() ? "socket" : "something-else";
  } catch {
    return "none";
  }
}

const CANDIDATE_NAME = /^candidate\.([1-9][0-9]*)\./;
const OWN_SOCKET_NAME = /^s\.[0-9a-f]+\.sock$/;

/** What the next daemon clears away. A process that holds the home may yet need it all. */
function leftoversOf(
  { location }: Whereabouts,
  { found, socket, lock }: { readonly found: Found; readonly socket: SocketFact; readonly lock: LockFact },
): string[] {
  const isHeld = lock.state === "named" && lock.life !== "gone";
  if (isHeld || !(found.state === "stopped" || found.state === "stale") || socket.answers === true) return [];
  const { run } = homeFiles(location.home);
  const names = namesIn(run).filter((name) => OWN_SOCKET_NAME.test(name) || isOfDeadCandidate(name));
  return [...(socket.kind === "socket" ? [socket.path] : []), ...names.map((name) => join(run, name))];
}

function isOfDeadCandidate(name: string): boolean {
  const pid = CANDIDATE_NAME.exec(name)?.[1];
  return pid !== undefined && !processExists(Number(pid));
}

async function agentsOf(
  { token }: Whereabouts,
  { socketPath, descriptor, status }: Probe & { readonly state: "running" },
  options: DaemonLook,
): Promise<AgentStatus[] | null> {
  const known = token ?? descriptor?.token;
  if (known === undefined || status === null) return null;
  try {
    const client = await connectTo(() => ({ socketPath, token: known }), options);
    const { agents } = await client.call("agent.list", {}, options).finally(() => client.close());
    return agents;
  } catch {
    // It answered a moment ago: what it says of itself is what counts.
    return null;
  }
}

function realPath(path: string): string {
  try {
    return realpathSync(path);
  } catch {
    return path;
  }
}
