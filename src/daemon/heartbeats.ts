// Gives pokes and the heartbeat their world: the agents, their connections, and programs that poke.
import type { Config } from "../config/spec.js";
import type { AttachedAgents } from "../server/attached-agents.js";
import { runBounded } from "../sessions/bounded-command.js";
import type { Environments } from "../supervisor/environments.js";
import { Heartbeat, type HeartbeatCounters } from "../supervisor/heartbeat.js";
import { Poker } from "../supervisor/poker.js";
import { timestamp } from "../supervisor/status.js";
import type { Supervisor } from "../supervisor/supervisor.js";
import type { Foundation } from "./foundation.js";
import type { Surroundings } from "./surroundings.js";

export interface Heartbeats {
  readonly poker: Poker;
  readonly heartbeat: Heartbeat;
}

export function createHeartbeats(
  place: Surroundings,
  { clock, store, hub, report }: Foundation,
  deps: {
    readonly supervisor: () => Supervisor;
    readonly attached: AttachedAgents;
    readonly config: () => Config;
    readonly environments: Environments;
  },
): Heartbeats {
  const poker = new Poker({
    clock,
    notify(agent, { count, at, message }) {
      const { incarnation } = deps.supervisor().get(agent).state;
      return deps.attached.notify({ agent, incarnation }, "heartbeat", { count, at: timestamp(at), message });
    },
    runCommand: (spec, argv, { message, signal }) =>
      runBounded({
        argv,
        cwd: spec.cwd,
        signal,
        env: {
          ...deps.environments.of(spec.name),
          ...spec.env,
          HEARTH_HOME: place.home,
          HEARTH_POKE_AGENT: spec.name,
          HEARTH_POKE_MESSAGE: message,
        },
      }),
    announce: (event) => hub.publish(event),
  });
  const kept = store.entries("daemon").get("heartbeat") as HeartbeatCounters | undefined;
  const heartbeat = new Heartbeat({
    clock,
    counters: kept ?? { count: 0, lastAt: null },
    poke(name) {
      const agent = deps.supervisor().find(name);
      if (agent === undefined || agent.state.status !== "running" || !agent.state.ready) return false;
      const { message } = agent.spec.heartbeat;
      poker.poke(agent, { message, scheduled: true }).catch((error: unknown) => report(`poking ${name}`, error));
      return true;
    },
    beaten: (counters) => store.put("daemon", "heartbeat", counters),
  });
  return { poker, heartbeat };
}
