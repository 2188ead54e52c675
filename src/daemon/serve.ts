// Becomes the one daemon of its home and wires its rooms together: the only place that knows them all.
import type { HearthEvent } from "../../protocol/events.js";
import { DAEMON_VERSION, PROTOCOL_VERSION } from "../../protocol/version.js";
import { loadConfig } from "../config/load.js";
import type { Config } from "../config/spec.js";
import { agentLogPath } from "../logs/agent-log.js";
import { agentMethods } from "../methods/agent.js";
import { daemonMethods } from "../methods/daemon.js";
import { eventMethods } from "../methods/events.js";
import { handoffMethods } from "../methods/handoff.js";
import { lifecycleMethods } from "../methods/lifecycle.js";
import { logMethods } from "../methods/logs.js";
import type { Services } from "../methods/services.js";
import { systemMethods } from "../methods/system.js";
import { AttachedAgents } from "../server/attached-agents.js";
import { DEFAULT_LIMITS } from "../server/limits.js";
import type { Answer } from "../server/peer.js";
import { Rpc } from "../server/rpc.js";
import { acceptConnections, type Connections } from "../server/server.js";
import { readIdentity } from "../sessions/identity.js";
import { closeInheritedDescriptors } from "../sessions/inherited-descriptors.js";
import type { ProcessIdentity } from "../sessions/session.js";
import { LONGEST_TIMER_MS } from "../supervisor/clock.js";
import type { HandoffTaker } from "../supervisor/handoff-taker.js";
import type { Heartbeat } from "../supervisor/heartbeat.js";
import { inheritableEnvironment } from "../supervisor/launch.js";
import type { Poker } from "../supervisor/poker.js";
import type { RequestQueue } from "../supervisor/request-queue.js";
import type { Supervisor } from "../supervisor/supervisor.js";
import { newToken } from "./access.js";
import { createSupervisor } from "./agents.js";
import { createControl } from "./control.js";
import { Definitions } from "./definitions.js";
import { inheritedToken, removeDescriptor, writeDescriptor } from "./descriptor-file.js";
import { optimizingWhenBusy } from "./engine.js";
import { EXIT, HeldError } from "./failure.js";
import { type Foundation, layFoundation } from "./foundation.js";
import { createHeartbeats } from "./heartbeats.js";
import { waitForEnd } from "./incumbent-end.js";
import { createLifecycle } from "./lifecycle.js";
import { type Ending, endOnDefects, obeySignals, onlyOnce } from "./lifetime.js";
import { acquireLeadership, type Leadership } from "./lock.js";
import type { DaemonOptions } from "./options.js";
import { readableLogs } from "./readable-logs.js";
import { leaveRuntimeDirectory } from "./runtime-directory.js";
import { announceAndLetGo } from "./standard-streams.js";
import { type Predecessor, takePredecessor } from "./succession.js";
import { prepareSurroundings, type Surroundings } from "./surroundings.js";

/** A process that may become, or has become, the daemon of a home. */
interface Candidate {
  readonly options: DaemonOptions;
  readonly place: Surroundings;
  readonly config: Config;
  readonly instanceId: string;
  readonly identity: ProcessIdentity;
  readonly connections: Connections;
}

/**
 * Serves until the process ends.
 * @throws HeldError when another daemon holds the home; ConfigError, TrustError, PathError when it can't be served
 */
export async function serve(options: DaemonOptions, own: { readonly instanceId: string }): Promise<void> {
  closeInheritedDescriptors();
  const predecessor = takePredecessor(process.env);
  const place = prepareSurroundings(options);
  const config = await loadConfig({ home: place.namedHome, caller: place.caller });
  const identity = await readIdentity(process.pid);
  if (identity === null) throw new Error("cannot read this process's own identity");

  // Whoever connects before the daemon is set up waits for the answer.
  const answerer = deferredAnswer();
  const connections = acceptConnections({ limits: DEFAULT_LIMITS, answer: answerer.answer });
  const candidate: Candidate = { ...own, options, place, config, identity, connections };
  const leadership = await lead(candidate, predecessor);
  await begin(candidate, leadership, answerer);
}

async function lead(candidate: Candidate, predecessor: Predecessor | null): Promise<Leadership> {
  const { place, identity, connections, instanceId } = candidate;
  const { signal } = new AbortController();
  if (predecessor !== null) await waitForEnd(predecessor.socketPath, predecessor.identity, signal);
  const { run: runDirectory } = place.files;
  const { server } = connections;
  const election = await acquireLeadership({
    runDirectory,
    sockets: place.sockets,
    instanceId,
    identity,
    server,
    signal,
  });
  if (election.outcome === "yielded") throw new HeldError(election.to.pid, place.home);
  return election;
}

/** From bytes on the socket to effects on agents: every room meets its neighbours here. */
async function begin(candidate: Candidate, leadership: Leadership, answerer: DeferredAnswer): Promise<void> {
  const { options, place, config, instanceId, identity, connections } = candidate;
  const mirror = options.detached ? null : process.stderr;
  const foundation = await layFoundation(place, { ...config, mirror });
  const { store, report, hub, clock } = foundation;
  const defect = endOnDefects(foundation.log, EXIT.failed);

  const attached = new AttachedAgents();
  const environment = inheritableEnvironment(process.env);
  const announce = (event: HearthEvent): void => {
    foundation.log.info(event.type, { agent: event.agent, ...event.data });
    hub.publish(event);
    if (event.type === "agent.stopping") warnOfStop(supervisor, attached, event);
  };
  const others = { supervisor: () => supervisor, attached, config: () => definitions.config, environment };
  const { handoffs, queue, taker } = createLifecycle(place, foundation, others);
  const { poker, heartbeat } = createHeartbeats(place, foundation, others);
  const supervisor: Supervisor = createSupervisor(place, foundation, {
    identity,
    environment,
    announce,
    config: () => definitions.config,
    handoffFile: (agent) => handoffs.waiting(agent),
    scheduleHeartbeat: (agent, intervalMs) => heartbeat.schedule(agent, intervalMs),
    changed(agent) {
      const state = supervisor.find(agent)?.state;
      if (state !== undefined) taker.changed(agent, state);
      queue.advance(agent);
    },
  });
  const load = () => loadConfig({ home: place.namedHome, caller: place.caller });
  const definitions = new Definitions({ config, load, store, supervisor, directory: place.home, report });
  const end = onlyOnce(
    (ending) => endInOrder(candidate, leadership, foundation, { supervisor, queue, heartbeat, poker, taker }, ending),
    defect,
  );
  const token = (await inheritedToken(place.descriptorPath)) ?? newToken();
  const ownSocketPath = leadership.socketPath;
  const { detached } = options;
  const daemon = createControl({
    ...{
      place,
      foundation,
      supervisor,
      definitions,
      connections,
      heartbeat,
      instanceId,
      identity,
      token,
      ownSocketPath,
      detached,
      end,
    },
  });
  const logPath = (name: string): string =>
    name === "daemon" ? place.files.daemonLog : agentLogPath(place.files.agentLogs, name);
  const logs = readableLogs(logPath);
  const rpc = createRpc({
    supervisor,
    queue,
    handoffs,
    poker,
    attached,
    hub,
    daemon,
    adHoc: definitions,
    logs,
    now: clock.wall,
    report,
  });

  supervisor.load(definitions.all());
  answerer.settle(optimizingWhenBusy(rpc.answer));
  await publish(candidate, leadership, { token, startedAt: clock.wall() });
  obeySignals({
    end: (reason) => end({ reason, keepAgents: false, exitCode: EXIT.done }),
    reload: () => {
      daemon.reload().catch((error: unknown) => report("the configuration could not be read again", error));
    },
  });
  // An interval that is too long for a timer would fire every millisecond.
  setInterval(
    () => {
      if (leadership.stillHeld()) return;
      end({ reason: "the lock or the home was deleted", keepAgents: false, exitCode: EXIT.failed });
    },
    Math.min(config.heartbeatIntervalMs, LONGEST_TIMER_MS),
  );
  recover(candidate, foundation, supervisor).then(() => queue.recover(), defect);
}

function createRpc(services: Services): Rpc {
  return new Rpc({
    handlers: {
      ...systemMethods(services),
      ...daemonMethods(services),
      ...agentMethods(services),
      ...eventMethods(services),
      ...logMethods(services),
      ...lifecycleMethods(services),
      ...handoffMethods(services),
    },
    limits: DEFAULT_LIMITS,
    isCurrent: (caller) => caller.role === "operator" || services.supervisor.isCurrent(caller),
    report: (method, error) => services.report(`${method} failed`, error),
  });
}

/** An agent that is attached hears of its end before the signal: where signals can't be sent, this is all it hears. */
function warnOfStop(
  supervisor: Supervisor,
  attached: AttachedAgents,
  { agent, data }: Extract<HearthEvent, { type: "agent.stopping" }>,
): void {
  if (agent === null) return;
  const graceMs = supervisor.get(agent).spec.stop.graceMs;
  attached.notify({ agent, incarnation: data.incarnation }, "shutdown.requested", { reason: data.reason, graceMs });
}

/** Before any agent starts, since an agent may call the client at once. */
async function publish(
  { place, instanceId, identity }: Candidate,
  leadership: Leadership,
  { token, startedAt }: { readonly token: string; readonly startedAt: number },
): Promise<void> {
  await leadership.publish();
  const { pid, ...processStart } = identity;
  await writeDescriptor(place.descriptorPath, {
    version: 1,
    pid,
    processStart,
    instanceId,
    socketPath: place.sockets.socket,
    token,
    daemonVersion: DAEMON_VERSION,
    protocolVersion: PROTOCOL_VERSION,
    startedAt: new Date(startedAt).toISOString(),
    logFile: place.files.daemonLog,
  });
}

async function recover(candidate: Candidate, { hub, log }: Foundation, supervisor: Supervisor): Promise<void> {
  const { options, place, instanceId } = candidate;
  const { pid } = process;
  log.info("the daemon has started", { pid, instanceId, daemonVersion: DAEMON_VERSION, home: place.home });
  hub.publish({ type: "daemon.started", agent: null, data: { pid, instanceId, daemonVersion: DAEMON_VERSION } });
  if (options.detached) announceAndLetGo({ pid, socketPath: place.sockets.socket });
  await supervisor.recover();
}

async function endInOrder(
  { place, instanceId }: Candidate,
  leadership: Leadership,
  { hub, log, store, report }: Foundation,
  {
    supervisor,
    queue,
    heartbeat,
    poker,
    taker,
  }: {
    readonly supervisor: Supervisor;
    readonly queue: RequestQueue;
    readonly heartbeat: Heartbeat;
    readonly poker: Poker;
    readonly taker: HandoffTaker;
  },
  { reason, keepAgents, exitCode }: Ending,
): Promise<void> {
  log.info("the daemon is stopping", { reason, keepAgents });
  hub.publish({ type: "daemon.stopping", agent: null, data: { reason, keepAgents } });
  heartbeat.stop();
  poker.stop();
  taker.stop();
  queue.stop();
  if (keepAgents) supervisor.close();
  else await supervisor.stopAll();
  supervisor.forget();
  await store.close().catch((error: unknown) => report("the state could not be written", error));
  await supervisor.closeSessions().catch((error: unknown) => report("ended sessions could not be cleared", error));
  // The listener stays open to the end of the process: until then nobody else may lead.
  await leadership.unpublish();
  await removeDescriptor(place.descriptorPath, instanceId);
  await leaveRuntimeDirectory(place.sockets.runtimeDirectory, leadership.socketPath);
  log.info("the daemon has stopped", { reason });
  await log.close();
  process.exit(exitCode);
}

interface DeferredAnswer {
  readonly answer: Answer;
  settle(answer: Answer): void;
}

/** An answerer whose rules come later. */
function deferredAnswer(): DeferredAnswer {
  let settled: Answer | null = null;
  let settle: (answer: Answer) => void = () => {};
  const ready = new Promise<Answer>((resolve) => {
    settle = resolve;
  });
  return {
    answer: async (message, peer) => (settled ?? (await ready))(message, peer),
    settle: (answer) => {
      settled = answer;
      settle(answer);
    },
  };
}
