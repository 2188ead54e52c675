// agent.*: requests about agents, checked against what the caller may do and handed to the supervisor.
import { notPossible, notRunning } from "../../protocol/errors.js";
import type { Handlers } from "../server/rpc.js";
import type { Agent } from "../supervisor/agent.js";
import { tellOf } from "./agent-details.js";
import { readPage } from "./log-page.js";
import { asAgent, assertIsOperator, assertMayControl } from "./permission.js";
import type { Services } from "./services.js";

type AgentMethods = Extract<keyof Handlers, `agent.${string}`>;

export function agentMethods(services: Services): Pick<Handlers, AgentMethods> {
  const { supervisor, handoffs, poker, environments, hub, adHoc, logs, stderrLogs } = services;
  const one = (agent: Agent) => supervisor.status([agent])[0] ?? unreachable();
  return {
    "agent.list": async (_call, { match, ...wish }) => {
      const agents = match === undefined ? supervisor.all() : supervisor.select(match);
      return { agents: await tellOf(services, agents, wish) };
    },
    "agent.get": async (_call, { agent, ...wish }) => {
      const [told] = await tellOf(services, [supervisor.get(agent)], wish);
      return told ?? unreachable();
    },
    "agent.start": async (call, { agent, wait, reset }) => {
      assertMayControl(supervisor, call.caller, { verb: "start", agents: supervisor.select(agent) });
      const agents = supervisor.start(agent, { reset });
      if (wait) await supervisor.whenUp(agents, call.wait());
      return { agents: supervisor.status(agents) };
    },
    "agent.stop": async (call, { agent, wait }) => {
      const agents = supervisor.select(agent);
      assertMayControl(supervisor, call.caller, { verb: "stop", agents });
      await untilAborted(supervisor.stop(agents), wait ? call.wait() : AbortSignal.abort());
      return { agents: supervisor.status(agents) };
    },
    "agent.restart": async (call, { agent, wait, env }) => {
      const chosen = supervisor.select(agent);
      assertMayControl(supervisor, call.caller, { verb: "restart", agents: chosen });
      if (env !== undefined) {
        assertIsOperator(call.caller, "give an agent an environment");
        // Kept also for an agent that has failed: its next start is to have it.
        await Promise.all(chosen.map(({ name }) => environments.give(name, env)));
      }
      const agents = supervisor.restart(agent);
      // A restart is fresh: only a cycle hands over.
      for (const { name } of agents) handoffs.discard(name);
      if (wait) await supervisor.whenUp(agents, call.wait());
      return { agents: supervisor.status(agents) };
    },
    "agent.add": async (_call, definition) => {
      await adHoc.add(definition);
      return one(supervisor.get(definition.name));
    },
    "agent.remove": async (_call, { agent }) => {
      supervisor.get(agent);
      await adHoc.remove(agent);
      return {};
    },
    "agent.reset": (_call, { agent }) => one(supervisor.reset(agent)),
    "agent.signal": (_call, { agent, signal }) => {
      const target = supervisor.get(agent);
      const outcome = target.notify(signal);
      if (outcome === "not-running") throw notRunning(agent, target.state.status);
      if (outcome === "no-such-signal") {
        throw notPossible(
          `There is no ${signal} on Windows: SIGTERM and SIGKILL alone are known there, and both end the program at once.`,
          `Run \`hearth stop ${agent}\` to let it end by itself, or \`hearth poke ${agent}\` to tell it something.`,
        );
      }
      return one(target);
    },
    "agent.logs": ({ peer }, { agent, lines, bytes, stream, page }) => {
      const { name } = supervisor.get(agent);
      const from = stream === "stderr" ? stderrLogs : logs;
      const file = from.path(name);
      const bounds = { lines, maxBytes: bytes };
      return peer.inTurn(async () => {
        const read =
          page === undefined
            ? { lines: await from.tail(name, bounds) }
            : await readPage(from, name, { ...bounds, ...page });
        return { ...read, file };
      });
    },
    "agent.poke": async (call, { agent: name, message }) => {
      const agent = supervisor.get(name);
      assertMayControl(supervisor, call.caller, { verb: "poke", agents: [agent] });
      if (agent.state.status !== "running") throw notRunning(name, agent.state.status);
      const poke = { message: message ?? agent.spec.heartbeat.message, scheduled: false };
      const { delivered, via, detail } = await poker.poke(agent, poke);
      return { delivered, via, ...(detail === undefined ? {} : { detail }) };
    },
    "agent.capture": async ({ peer }, { agent: name, lines }) => {
      const agent = supervisor.get(name);
      const shown = await peer.inTurn(() => agent.capture(lines));
      if (shown === null) throw notPossible(`Agent "${name}" has no terminal to look at.`, NO_TERMINAL);
      return { lines: [...shown] };
    },
    "agent.beat": ({ caller }, { status, note }) => {
      const { agent, incarnation } = asAgent(caller);
      const { heartbeat } = supervisor.get(agent).spec;
      supervisor.get(agent).beat(incarnation);
      const told = { ...(status === undefined ? {} : { status }), ...(note === undefined ? {} : { note }) };
      hub.publish({ type: "beat", agent, data: { incarnation, ...told } });
      const { whenMissed, intervalMs } = heartbeat;
      return { nextBeatWithinMs: whenMissed === null ? null : whenMissed * intervalMs };
    },
    "agent.ready": ({ caller }) => {
      const { agent, incarnation } = asAgent(caller);
      supervisor.get(agent).dispatch({ type: "ready", incarnation });
      handoffs.take(agent, incarnation);
      return {};
    },
  };
}

/** Waits for work that goes on whether somebody waits or not. */
async function untilAborted(work: Promise<void>, signal: AbortSignal): Promise<void> {
  work.catch(() => {});
  if (signal.aborted) return;
  await Promise.race([work, new Promise((_, reject) => signal.addEventListener("abort", () => reject(signal.reason)))]);
}

const NO_TERMINAL = 'Only a running agent with session = "tmux" has one; see its output with `hearth logs`.';

function unreachable(): never {
  throw new Error("the method table let a call through that it should have refused");
}
