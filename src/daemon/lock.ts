// One daemon per home: wins or yields the leadership of a home's next generation.
//
// The scheme is the generation lock: each candidate listens on a socket name of its own that is never used again, and
// leadership of generation g is the file `run/lock.g`, created with link(2). See election.ts for the decisions.
import { randomBytes } from "node:crypto";
import { fstatSync, openSync } from "node:fs";
import { rm } from "node:fs/promises";
import type { Server } from "node:net";
import { isPipe } from "../pipe-names-windows.js";
import type { ProcessIdentity } from "../sessions/session.js";
import { CANDIDATE_ID_LENGTH, candidateSocket, type SocketDirectory } from "../socket-directory.js";
import { type Candidate, stand, standDown } from "./candidate.js";
import { type Finding, nextStep, type OpenStep, type Outcome, type Seen, type Step } from "./election.js";
import {
  createLock,
  isHeldBy,
  isHeldByAnother,
  type LockOwner,
  listGenerations,
  lockFile,
  readOwner,
  removeLock,
} from "./generations.js";
import { type InheritedSocket, leadsToListener, serveInherited } from "./inherited-socket.js";
import { sweepLeftovers } from "./leftovers.js";
import { probe } from "./probe.js";
import { PublicPipe } from "./public-pipe-windows.js";
import {
  assertFree,
  assertSocketOrNothing,
  isPublished,
  isSocket,
  publishSocket,
  unpublishSocket,
} from "./public-socket.js";

export interface Candidacy {
  /** Directory of the locks; it exists and is private to the user. */
  readonly runDirectory: string;
  /** Where the sockets live; the directories exist. */
  readonly sockets: SocketDirectory;
  /** A service manager's socket, to which the public name leads already; null: the leader links its own there. */
  readonly inherited?: InheritedSocket | null;
  /** CANDIDATE_ID_LENGTH random hexadecimal digits, never used before. */
  readonly instanceId: string;
  /** This process. */
  readonly identity: ProcessIdentity;
  /**
   * Makes the daemon's server, not listening yet; another one in its place when its socket was deleted. A leader must
   * never close() it: the end of the process does that. Closing it earlier lets a successor lead while this process still
   * stops its agents.
   */
  readonly newServer: () => Server;
  /** Calls the election off. The process must end then: a lock that it may have created names it for as long as it lives. */
  readonly signal: AbortSignal;
}

/** The daemon that leads this home already, with its own socket. */
export interface Incumbent extends LockOwner {
  readonly pid: number;
  /** Whether its socket took a connection; a stopped or busy process's does, so this promises no answer. */
  readonly reachable: boolean;
}

export interface Leadership {
  readonly outcome: "leader";
  readonly generation: number;
  /** The leader's own socket; `publish` may have to replace it. */
  readonly socketPath: string;
  /**
   * What the descriptor names. A pipe of Windows can be taken by whoever comes first, so clients are sent to the leader's
   * own there, whose name nobody could have known before it was listened on.
   */
  readonly clientPath: string;
  /** False when somebody deleted this leader's lock or its home; nobody could ever adopt its agents then. */
  stillHeld(): boolean;
  /** A look that is cheap enough for every record: false only when `stillHeld` would be false too. */
  hasLock(): boolean;
  /** Whether the lock of another instance is there. */
  isContested(): boolean;
  /** The daemon that leads this home instead, once `stillHeld` is false; null when nobody does. */
  rival(): Promise<Incumbent | null>;
  /**
   * Makes `daemon.sock` lead to this daemon; repeating it mends what somebody removed. True when there was something to do.
   * A service manager's socket stays as it is; only where its name leads nowhere any more, the leader's own takes it.
   * @throws {SocketPathOccupiedError} {SocketInUseError}
   */
  publish(): Promise<boolean>;
  /** Removes `daemon.sock` if it is still this daemon's: one of the last acts of a clean exit. The lock stays. */
  unpublish(): Promise<void>;
}

export type Election = Leadership | { readonly outcome: "yielded"; readonly to: Incumbent };

/**
 * Stands for the leadership of a home until somebody leads: this process, or one that is alive.
 * @throws {SocketPathOccupiedError} when something that is no socket lies at the public path.
 * @throws {SocketInUseError} when another program listens there.
 * @throws {PathError} when the socket's path is too long.
 * @throws the signal's reason when called off.
 */
export async function acquireLeadership(candidacy: Candidacy): Promise<Election> {
  const { runDirectory, sockets, inherited = null, instanceId, identity, newServer, signal } = candidacy;
  signal.throwIfAborted();
  if (!isPipe(sockets.socket)) {
    await (inherited === null ? assertFree(sockets.socket) : assertSocketOrNothing(sockets.socket));
  }
  const owner = { socketPath: candidateSocket(sockets, instanceId), identity, instanceId };
  const candidate = await stand(runDirectory, owner, newServer());
  try {
    return await elect(candidate, candidacy);
  } catch (error) {
    await standDown(candidate);
    throw error;
  }
}

async function elect(candidate: Candidate, candidacy: Candidacy): Promise<Election> {
  const { runDirectory, inherited = null, newServer, signal } = candidacy;
  const outcome = await runElection({ candidate, runDirectory, signal });
  if (outcome.do === "yield") {
    await standDown(candidate);
    return { outcome: "yielded", to: incumbent(outcome.to, { reachable: outcome.reachable }) };
  }
  await sweepLeftovers(runDirectory, outcome.generation);
  await rm(candidate.file, { force: true });
  if (inherited !== null) await serveInherited(inherited, newServer());
  return lead(candidate.owner, outcome.generation, candidacy);
}

function incumbent(owner: LockOwner, { reachable }: { readonly reachable: boolean }): Incumbent {
  return { ...owner, pid: owner.identity.pid, reachable };
}

interface Ballot {
  readonly candidate: Candidate;
  readonly runDirectory: string;
  readonly signal: AbortSignal;
}

async function runElection(ballot: Ballot): Promise<Outcome<LockOwner>> {
  let step: Step<LockOwner> = { do: "scan" };
  while (step.do !== "lead" && step.do !== "yield") {
    ballot.signal.throwIfAborted();
    step = nextStep(step, await carryOut(step, ballot));
  }
  return step;
}

async function carryOut(step: OpenStep<LockOwner>, ballot: Ballot): Promise<Finding<LockOwner>> {
  const { candidate, runDirectory, signal } = ballot;
  switch (step.do) {
    case "scan":
      return { found: "newest", newest: await newestLock(runDirectory) };
    case "probe":
      return { found: await probe(step.owner, signal) };
    case "claim":
      return { found: (await createLock(runDirectory, step.generation, candidate.file)) ? "created" : "exists" };
    case "verify":
      return { found: "highest", generation: (await listGenerations(runDirectory))[0] ?? 0 };
    case "withdraw":
      await removeLock(runDirectory, step.generation);
      return { found: "withdrawn" };
  }
}

/**
 * A lock that vanishes between the two looks was removed by the holder of a newer one; taking it for one without an
 * owner leads to a claim that finds the newer lock, at the latest when it is verified.
 */
async function newestLock(runDirectory: string): Promise<Seen<LockOwner> | null> {
  const generation = (await listGenerations(runDirectory))[0];
  return generation === undefined ? null : { generation, owner: await readOwner(runDirectory, generation) };
}

function lead(owner: LockOwner, generation: number, candidacy: Candidacy): Leadership {
  const { runDirectory, sockets, newServer, signal } = candidacy;
  const name = isPipe(sockets.socket) ? new PublicPipe(sockets.socket, newServer) : publicSocket(owner, candidacy);
  // Until the process ends: an open file tells how many names it has.
  const lock = openSync(lockFile(runDirectory, generation), "r");
  return {
    outcome: "leader",
    generation,
    get socketPath() {
      return "socketPath" in name ? name.socketPath : owner.socketPath;
    },
    clientPath: isPipe(sockets.socket) ? owner.socketPath : sockets.socket,
    stillHeld: () => isHeldBy(runDirectory, generation, owner.instanceId),
    hasLock: () => fstatSync(lock).nlink > 0,
    isContested: () => isHeldByAnother(runDirectory, owner.instanceId),
    rival: () => findRival(owner.instanceId, runDirectory, signal),
    publish: () => name.publish(),
    unpublish: () => name.unpublish(),
  };
}

/** `daemon.sock` and the socket that it leads to, which is replaced when somebody deletes it. */
function publicSocket(
  owner: LockOwner,
  candidacy: Candidacy,
): Pick<Leadership, "socketPath" | "publish" | "unpublish"> {
  const { sockets, inherited = null } = candidacy;
  let { socketPath } = owner;
  return {
    get socketPath() {
      return socketPath;
    },
    async publish() {
      if (await isPublished(socketPath, sockets.socket)) return false;
      if (inherited === null) await assertFree(sockets.socket);
      else if (await leadsToListener(sockets.socket)) return false;
      if (!(await isSocket(socketPath))) socketPath = await listenAnew(owner, candidacy);
      await publishSocket(socketPath, sockets.socket);
      return true;
    },
    unpublish: () => unpublishSocket(socketPath, sockets.socket),
  };
}

/**
 * A socket that has lost its name can't be given one again, so another takes its place. The lock goes on naming the first:
 * whoever finds that one missing asks for the process, which is alive. The candidate's file stays, so that the next leader
 * finds this socket when it clears up.
 */
async function listenAnew(owner: LockOwner, { runDirectory, sockets, newServer }: Candidacy): Promise<string> {
  const instanceId = randomBytes(CANDIDATE_ID_LENGTH / 2).toString("hex");
  const socketPath = candidateSocket(sockets, instanceId);
  await stand(runDirectory, { ...owner, instanceId, socketPath }, newServer());
  return socketPath;
}

/** A candidate that has only just created its lock counts: it leads in a moment. */
async function findRival(instanceId: string, runDirectory: string, signal: AbortSignal): Promise<Incumbent | null> {
  const owner = (await newestLock(runDirectory))?.owner ?? null;
  if (owner === null || owner.instanceId === instanceId) return null;
  const liveness = await probe(owner, signal);
  return liveness === "dead" ? null : incumbent(owner, { reachable: liveness === "reachable" });
}
