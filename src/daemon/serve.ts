// Becomes the one daemon of its home and wires its rooms together: the only place that knows them all.
import type { Descriptor } from "../../protocol/descriptor.js";
import { DAEMON_VERSION, PROTOCOL_VERSION } from "../../protocol/version.js";
import { loadConfig } from "../config/load.js";
import type { Config } from "../config/spec.js";
import { Log } from "../logs/log.js";
import type { LimitsInForce } from "../server/limits.js";
import { acceptConnections, type Connections } from "../server/server.js";
import { readIdentity } from "../sessions/identity.js";
import { closeInheritedDescriptors } from "../sessions/inherited-descriptors.js";
import type { ProcessIdentity } from "../sessions/session.js";
import type { Supervisor } from "../supervisor/supervisor.js";
import { newToken } from "./access.js";
import { createControl } from "./control.js";
import { type DeferredAnswer, deferredAnswer } from "./deferred-answer.js";
import { inheritedToken } from "./descriptor-file.js";
import { endInOrder, type Holdings } from "./ending.js";
import { optimizingWhenBusy } from "./engine.js";
import { EXIT, FirstProcessError, HeldError } from "./failure.js";
import { type Foundation, layFoundation } from "./foundation.js";
import { lockFile } from "./generations.js";
import { createRpc } from "./handlers.js";
import { type InheritedSocket, takeInheritedSocket, turnAway } from "./inherited-socket.js";
import { foregroundLog } from "./journal.js";
import { type Ending, endOnDefects, obeySignals, onlyOnce } from "./lifetime.js";
import { acquireLeadership, type Leadership } from "./lock.js";
import { createOperations, type Operations } from "./operations.js";
import type { DaemonOptions } from "./options.js";
import { Presence } from "./presence.js";
import { readableLogs, stderrFileOf } from "./readable-logs.js";
import { announceAndLetGo } from "./standard-streams.js";
import { succeed, takePredecessor } from "./succession.js";
import { prepareSocketDirectory, prepareSurroundings, type Surroundings } from "./surroundings.js";
import { Vigil } from "./vigil.js";

/** A process that may become, or has become, the daemon of a home. */
interface Candidate {
  readonly options: DaemonOptions;
  readonly place: Surroundings;
  readonly config: Config;
  readonly limits: LimitsInForce;
  readonly instanceId: string;
  readonly identity: ProcessIdentity;
  readonly connections: Connections;
  readonly answerer: DeferredAnswer;
  /** The service manager's, when one started this process on first use. */
  readonly inherited: InheritedSocket | null;
}

/**
 * Serves until the process ends.
 * @throws HeldError when another daemon holds the home; ConfigError, TrustError, PathError when it can't be served;
 *   FirstProcessError when nobody would reap what agents leave
 */
export async function serve(options: DaemonOptions, own: { readonly instanceId: string }): Promise<void> {
  if (process.pid === 1) throw new FirstProcessError();
  const inherited = takeInheritedSocket(process.env);
  closeInheritedDescriptors();
  const { candidate, leadership } = await stand(options, { ...own, inherited }).catch(async (error: unknown) => {
    if (inherited !== null) await turnAway(inherited);
    throw error;
  });
  await begin(candidate, leadership);
}

/** Everything that can go wrong before this process is the daemon. */
async function stand(
  options: DaemonOptions,
  own: Pick<Candidate, "instanceId" | "inherited">,
): Promise<{ readonly candidate: Candidate; readonly leadership: Leadership }> {
  const predecessor = takePredecessor(process.env);
  const place = prepareSurroundings(options, own.inherited);
  const config = await loadConfig({ home: place.namedHome, caller: place.caller });
  const identity = await readIdentity(process.pid);
  if (identity === null) throw new Error("cannot read this process's own identity");

  const answerer = deferredAnswer();
  const limits: LimitsInForce = { current: config.limits };
  const connections = acceptConnections({ limits, answer: answerer.answer });
  const candidate: Candidate = { ...own, options, place, config, limits, identity, connections, answerer };
  if (predecessor !== null) {
    await succeed(predecessor);
    // The predecessor has taken its own away.
    prepareSocketDirectory(place.sockets, place.caller);
  }
  return { candidate, leadership: await lead(candidate) };
}

async function lead(candidate: Candidate): Promise<Leadership> {
  const { place, identity, connections, instanceId, inherited } = candidate;
  const { signal } = new AbortController();
  const { run: runDirectory } = place.files;
  const { newServer } = connections;
  const election = await acquireLeadership({
    runDirectory,
    sockets: place.sockets,
    inherited,
    instanceId,
    identity,
    newServer,
    signal,
  });
  if (election.outcome === "yielded") throw new HeldError(election.to.pid, election.to.socketPath, place.home);
  return election;
}

/** From bytes on the socket to effects on agents: every room meets its neighbours here. */
async function begin(candidate: Candidate, leadership: Leadership): Promise<void> {
  const { options, place, config, limits, instanceId, identity, connections, answerer, inherited } = candidate;
  const mirror = options.detached ? null : foregroundLog(process.env);
  const foundation = await layFoundation(place, leadership, { ...config, mirror, limits });
  const { hub, clock, report } = foundation;
  const defect = endOnDefects(foundation.log, EXIT.failed);

  const operations = createOperations(place, foundation, { identity, config });
  const { supervisor, definitions, queue, agentLogs } = operations;
  const token = (await inheritedToken(place.descriptorPath)) ?? newToken();
  const presence = new Presence(place, leadership, describe(candidate, { leadership, token, startedAt: clock.wall() }));
  const refuseCalls = (): void => rpc.close();
  const holdings = { place, leadership, foundation, operations, presence, refuseCalls };
  const end = onlyOnce((ending) => endInOrder(holdings, ending), defect);
  // Who starts a daemon with a socket of his own starts it again, too: a successor would not have that socket.
  const detached = options.detached && inherited === null;
  const self = { instanceId, identity, token, leadership, detached, end };
  const daemon = createControl({ place, foundation, connections, limits, ...operations, ...self });
  const daemonLog = new Log(place.files.daemonLog);
  const logs = readableLogs((name) => (name === "daemon" ? daemonLog : agentLogs.of(name)));
  const stderrLogs = readableLogs((name) => agentLogs.at(stderrFileOf(name, supervisor)));
  const services = { ...operations, daemon, adHoc: definitions, hub, logs, stderrLogs };
  const rpc = createRpc({ ...services, now: clock.wall, report }, limits);

  const known = makeKnown(presence, operations);
  // Whoever finds the descriptor may end this daemon at once; its agents have to be known by then.
  obeySignals({
    end(reason) {
      known.then(() => end({ reason, keepAgents: false, exitCode: EXIT.done }), defect);
    },
    reload() {
      daemon.reload().catch((error: unknown) => report("the configuration could not be read again", error));
    },
  });
  await known;
  answerer.settle(optimizingWhenBusy(rpc.answer));
  keepVigil(holdings, config, end);
  operations.logSizes.begin();
  recover(candidate, foundation, supervisor).then(() => queue.recover(), defect);
}

/** In this order: an agent whose backoff is over starts as soon as it is loaded, and may call the client at once. */
async function makeKnown(
  presence: Presence,
  { supervisor, definitions, environments, recoverLogs }: Operations,
): Promise<void> {
  await presence.publish();
  await recoverLogs();
  const specs = definitions.all();
  environments.retain(specs.map(({ name }) => name));
  await supervisor.load(specs);
}

/** What clients are told of this daemon. */
function describe(
  { place, instanceId, identity }: Candidate,
  {
    leadership,
    token,
    startedAt,
  }: { readonly leadership: Leadership; readonly token: string; readonly startedAt: number },
): Descriptor {
  const { pid, ...processStart } = identity;
  return {
    version: 1,
    pid,
    processStart,
    instanceId,
    socketPath: leadership.clientPath,
    token,
    daemonVersion: DAEMON_VERSION,
    protocolVersion: PROTOCOL_VERSION,
    startedAt: new Date(startedAt).toISOString(),
    logFile: place.files.daemonLog,
  };
}

function keepVigil(
  { place, leadership, foundation: { clock, log, report }, presence }: Holdings,
  config: Config,
  end: (ending: Ending) => void,
): void {
  const { run, daemonLog } = place.files;
  const lock = lockFile(run, leadership.generation);
  const vigil = new Vigil({
    clock,
    home: place.home,
    files: () => [lock, ...presence.files],
    everyMs: config.heartbeatIntervalMs,
    stillHeld: leadership.stillHeld,
    lost: () => end({ reason: "the lock or the home was deleted", keepAgents: false, exitCode: EXIT.failed }),
    async restore() {
      const restored = await presence.restore();
      // Of a home that has been deleted meanwhile nothing may come back.
      return leadership.stillHeld() && log.restore() ? [...restored, daemonLog] : restored;
    },
    restored: (files) => log.warn("files that clients need were deleted and have been put back", { files }),
    report,
  });
  vigil.begin();
}

async function recover(candidate: Candidate, { hub, log }: Foundation, supervisor: Supervisor): Promise<void> {
  const { options, place, instanceId } = candidate;
  const { pid } = process;
  log.info("the daemon has started", { pid, instanceId, daemonVersion: DAEMON_VERSION, home: place.home });
  hub.publish({ type: "daemon.started", agent: null, data: { pid, instanceId, daemonVersion: DAEMON_VERSION } });
  if (options.detached) announceAndLetGo({ pid, socketPath: place.sockets.socket });
  await supervisor.recover();
}
