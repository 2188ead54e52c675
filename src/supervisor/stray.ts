// Ends sessions that nobody supervises any more, by the same machine as any other session.
import type { AgentSpec } from "../config/spec.js";
import { Agent, type AgentWorld } from "./agent.js";
import { INITIAL_STATE } from "./machine.js";
import type { LiveSession } from "./stock.js";

/** Stands in for the definition of an agent that nobody defines any more, until its session is stopped. */
export function straySpec(name: string, session: AgentSpec["session"]): AgentSpec {
  return {
    name,
    command: [name],
    cwd: "/",
    env: {},
    envFile: null,
    autostart: false,
    restart: { policy: "never", maxAttempts: 0, windowMs: 0, backoffMs: 0, backoffMaxMs: 0, jitter: 0 },
    stop: { signal: "SIGTERM", graceMs: 10_000 },
    ready: null,
    dependsOn: [],
    session,
    heartbeat: { intervalMs: 60_000, poke: { kind: "none" }, message: "", whenMissed: null, startupGraceMs: 0 },
    mayControl: [],
    umask: null,
    nice: null,
    stderr: null,
    hooks: {},
    maxMemoryBytes: null,
    cron: null,
    watch: null,
  };
}

/**
 * Resolves when nothing of the session is left. What the agent itself is, and what is recorded of it, does not change:
 * a daemon that dies meanwhile leaves the mark by which the next one finds the stray again.
 *
 * @param stop how the agent is stopped
 */
export async function endStray(
  { agent: name, incarnation, ref }: LiveSession,
  {
    stop,
    world,
    signal,
  }: { readonly stop: AgentSpec["stop"]; readonly world: AgentWorld; readonly signal: AbortSignal },
): Promise<void> {
  const state = { ...INITIAL_STATE, status: "running", incarnation, session: ref } as const;
  const spec = { ...straySpec(name, ref.kind), stop };
  const stray = new Agent(spec, { state, reservedThrough: incarnation }, inPassing(world));
  try {
    await stray.recover();
    stray.dispatch({ type: "stop", remember: false, reason: "a later session of this agent was started" });
    await stray.until(({ status }) => status !== "stopping", signal);
  } finally {
    if (signal.aborted) stray.forget();
  }
}

/** Tells how the session ends, but neither records it nor announces that the agent has changed. */
function inPassing(world: AgentWorld): AgentWorld {
  const { store } = world;
  return {
    ...world,
    store: { put() {}, written: () => store.written(), durable: () => store.durable(), failing: false },
    changed() {},
    announce(agent, announcement) {
      if (announcement.type === "agent.stopping" || announcement.type === "agent.exited")
        world.announce(agent, announcement);
    },
  };
}
