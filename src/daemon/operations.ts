// What works for the agents while this daemon leads: each part is given the others it needs.
import type { HearthEvent } from "../../protocol/events.js";
import { loadConfig } from "../config/load.js";
import type { Config } from "../config/spec.js";
import { AttachedAgents } from "../server/attached-agents.js";
import type { ProcessIdentity } from "../sessions/session.js";
import { UsageReader, type UsageSubject } from "../sessions/usage.js";
import { Environments } from "../supervisor/environments.js";
import type { Hooks } from "../supervisor/hooks.js";
import { inheritableEnvironment } from "../supervisor/launch.js";
import type { Supervisor } from "../supervisor/supervisor.js";
import { createSupervisor } from "./agents.js";
import { Definitions } from "./definitions.js";
import type { Foundation } from "./foundation.js";
import { createHeartbeats, type Heartbeats } from "./heartbeats.js";
import { createHooks } from "./hooks.js";
import { createLifecycle, type Lifecycle } from "./lifecycle.js";
import { createLogKeeping, type LogKeeping } from "./log-keeping.js";
import type { Surroundings } from "./surroundings.js";
import { createTriggers, type Triggers } from "./triggers.js";

export interface Operations extends Lifecycle, Heartbeats, LogKeeping {
  readonly hooks: Hooks;
  readonly environments: Environments;
  readonly supervisor: Supervisor;
  readonly definitions: Definitions;
  readonly attached: AttachedAgents;
  readonly usage: UsageReader;
  readonly triggers: Triggers;
}

/** From here on a session's log is looked at: not before, since what makes it ready is looked for from a place in it. */
const WRITING: ReadonlySet<HearthEvent["type"]> = new Set(["agent.ready", "agent.adopted"]);

/** Makes all of it; no agent is known yet, and nothing is done. */
export function createOperations(
  place: Surroundings,
  foundation: Foundation,
  start: { readonly identity: ProcessIdentity; readonly config: Config },
): Operations {
  const { store, report } = foundation;
  const attached = new AttachedAgents();
  const own = inheritableEnvironment(process.env);
  const environments = new Environments({ directory: place.files.environments, own, report });
  const announce = (event: HearthEvent): void => {
    foundation.log.info(event.type, { agent: event.agent, ...event.data });
    foundation.hub.publish(event);
    hooks.notice(event);
    if (event.type === "agent.removed" && event.agent !== null) environments.forget(event.agent);
    if (event.type === "agent.stopping") warnOfStop(supervisor, attached, event);
    if (event.agent !== null && WRITING.has(event.type)) {
      for (const log of logKeeping.logsOf(event.agent)) logKeeping.logSizes.began(log);
    }
  };
  const config = () => definitions.config;
  const moved = (event: HearthEvent): void => hooks.notice(event);
  const others = { supervisor: () => supervisor, attached, config, environments, announce, moved };
  const lifecycle = createLifecycle(place, foundation, others);
  const heartbeats = createHeartbeats(place, foundation, others);
  const logKeeping = createLogKeeping(place, foundation, others);
  const { handoffs, queue, taker } = lifecycle;
  const triggers = createTriggers(place, foundation, { ...others, queue });
  const hooks = createHooks(place, foundation, { ...others, queue });
  const supervisor: Supervisor = createSupervisor(place, foundation, {
    identity: start.identity,
    environments,
    announce,
    logs: logKeeping.agentLogs,
    handoffFile: (agent) => handoffs.inTurn(agent, () => handoffs.waiting(agent)),
    isAttached: (session) => attached.has(session),
    scheduleHeartbeat: (agent, intervalMs) => heartbeats.heartbeat.schedule(agent, intervalMs),
    changed(agent) {
      const state = supervisor.find(agent)?.state;
      if (state !== undefined) taker.changed(agent, state);
      attached.letGo(agent, (session) => supervisor.isCurrent(session));
      queue.advance(agent);
      triggers.changed(agent);
    },
    nextRestartAt: (agent) => triggers.nextRestartAt(agent),
  });
  const load = () => loadConfig({ home: place.namedHome, caller: place.caller });
  const { home } = place;
  const definitions: Definitions = new Definitions({ ...start, load, store, supervisor, home, report });
  const usage = new UsageReader({ sessions: () => subjectsOf(supervisor, place), now: foundation.clock.mono });
  const works = { ...lifecycle, ...heartbeats, ...logKeeping, triggers, hooks, usage };
  return { ...works, supervisor, definitions, attached, environments };
}

function* subjectsOf(supervisor: Supervisor, { home }: Surroundings): Iterable<UsageSubject> {
  for (const { ref, ...session } of supervisor.sessions()) {
    yield { owner: { home, ...session }, leader: ref.identity };
  }
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
