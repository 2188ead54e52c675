// One daemon per home: wins or yields the leadership of a home's next generation.
//
// The scheme is the generation lock: each candidate listens on a socket name of its own that is never used again, and
// leadership of generation g is the file `run/lock.g`, created with link(2). See election.ts for the decisions.
import { rm } from "node:fs/promises";
import type { Server } from "node:net";
import type { ProcessIdentity } from "../sessions/session.js";
import { candidateSocket, type SocketDirectory } from "../socket-directory.js";
import { type Candidate, stand, standDown } from "./candidate.js";
import { type Finding, nextStep, type OpenStep, type Outcome, type Seen, type Step } from "./election.js";
import { createLock, isHeldBy, type LockOwner, listGenerations, readOwner, removeLock } from "./generations.js";
import { sweepLeftovers } from "./leftovers.js";
import { probe } from "./probe.js";
import { assertSocketOrNothing, publishSocket, unpublishSocket } from "./public-socket.js";

export interface Candidacy {
  /** Directory of the locks; it exists and is private to the user. */
  readonly runDirectory: string;
  /** Where the sockets live; the directories exist. */
  readonly sockets: SocketDirectory;
  /** CANDIDATE_ID_LENGTH random hexadecimal digits, never used before. */
  readonly instanceId: string;
  /** This process. */
  readonly identity: ProcessIdentity;
  /**
   * The daemon's server, not listening yet. A leader must never close() it: the end of the process does that. Closing it
   * earlier lets a successor lead while this process still stops its agents.
   */
  readonly server: Server;
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
  /** The leader's own socket. */
  readonly socketPath: string;
  /** False when somebody deleted this leader's lock or its home; nobody could ever adopt its agents then. */
  stillHeld(): boolean;
  /**
   * Makes `daemon.sock` lead to this daemon; repeating it mends a name that somebody removed.
   * @throws {SocketPathOccupiedError}
   */
  publish(): Promise<void>;
  /** Removes `daemon.sock` if it is still this daemon's: one of the last acts of a clean exit. The lock stays. */
  unpublish(): Promise<void>;
}

export type Election = Leadership | { readonly outcome: "yielded"; readonly to: Incumbent };

/**
 * Stands for the leadership of a home until somebody leads: this process, or one that is alive.
 * @throws {SocketPathOccupiedError} when something that is no socket lies at the public path.
 * @throws {PathError} when the socket's path is too long.
 * @throws the signal's reason when called off.
 */
export async function acquireLeadership(candidacy: Candidacy): Promise<Election> {
  const { runDirectory, sockets, instanceId, identity, server, signal } = candidacy;
  signal.throwIfAborted();
  await assertSocketOrNothing(sockets.socket);
  const owner = { socketPath: candidateSocket(sockets, instanceId), identity, instanceId };
  const candidate = await stand(runDirectory, owner, server);
  try {
    return await elect(candidate, candidacy);
  } catch (error) {
    await standDown(candidate);
    throw error;
  }
}

async function elect(candidate: Candidate, { runDirectory, sockets, signal }: Candidacy): Promise<Election> {
  const outcome = await runElection({ candidate, runDirectory, signal });
  if (outcome.do === "yield") {
    await standDown(candidate);
    return { outcome: "yielded", to: { ...outcome.to, pid: outcome.to.identity.pid, reachable: outcome.reachable } };
  }
  await sweepLeftovers(runDirectory, outcome.generation);
  await rm(candidate.file, { force: true });
  return lead(candidate.owner, { runDirectory, publicPath: sockets.socket, generation: outcome.generation });
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

interface Seat {
  readonly runDirectory: string;
  readonly publicPath: string;
  readonly generation: number;
}

function lead({ socketPath, instanceId }: LockOwner, { runDirectory, publicPath, generation }: Seat): Leadership {
  return {
    outcome: "leader",
    generation,
    socketPath,
    stillHeld: () => isHeldBy(runDirectory, generation, instanceId),
    publish: () => publishSocket(socketPath, publicPath),
    unpublish: () => unpublishSocket(socketPath, publicPath),
  };
}
