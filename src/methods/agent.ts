// agent.*: requests about agents, checked against what the caller may do and handed to the supervisor.
import { notPermitted, notPossible } from "../../protocol/errors.js";
import type { Call, Handlers } from "../server/rpc.js";
import type { Agent } from "../supervisor/agent.js";
import type { Services } from "./services.js";

type AgentMethods = Extract<keyof Handlers, `agent.${string}`>;

export function agentMethods({ supervisor, adHoc, logs }: Services): Pick<Handlers, AgentMethods> {
  const one = (agent: Agent) => supervisor.status([agent])[0] ?? unreachable();
  return {
    "agent.list": (_call, { match }) => ({
      agents: match === undefined ? [...supervisor.list()] : supervisor.status(supervisor.select(match)),
    }),
    "agent.get": (_call, { agent }) => one(supervisor.get(agent)),
    "agent.start": async (call, { agent, wait, reset }) => {
      mayControl(call, "start", supervisor.select(agent));
      const agents = supervisor.start(agent, { reset });
      if (wait) await supervisor.whenUp(agents, call.wait());
      return { agents: supervisor.status(agents) };
    },
    "agent.stop": async (call, { agent, wait }) => {
      const agents = mayControl(call, "stop", supervisor.select(agent));
      await untilAborted(supervisor.stop(agents), wait ? call.wait() : AbortSignal.abort());
      return { agents: supervisor.status(agents) };
    },
    "agent.restart": async (call, { agent, wait }) => {
      mayControl(call, "restart", supervisor.select(agent));
      const agents = supervisor.restart(agent);
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
      if (!target.notify(signal)) {
        throw notPossible(`Agent "${agent}" is not running.`, `Run \`hearth start ${agent}\` first.`);
      }
      return one(target);
    },
    "agent.logs": async (_call, { agent, lines, bytes }) => {
      const { name } = supervisor.get(agent);
      return { lines: await logs.tail(name, { lines, maxBytes: bytes }), file: logs.path(name) };
    },
    "agent.ready": ({ caller }) => {
      if (caller?.role !== "agent") return unreachable();
      supervisor.ready(caller.agent, caller.incarnation);
      return {};
    },
  };
}

/** @throws HearthError `not-permitted` when the caller is an agent and one of them is not itself */
function mayControl(call: Call, verb: string, agents: readonly Agent[]): readonly Agent[] {
  const { caller } = call;
  if (caller?.role !== "agent") return agents;
  const other = agents.find(({ name }) => name !== caller.agent);
  if (other !== undefined)
    throw notPermitted(`${verb} agent "${other.name}": agent "${caller.agent}" controls only itself`);
  return agents;
}

/** Waits for work that goes on whether somebody waits or not. */
async function untilAborted(work: Promise<void>, signal: AbortSignal): Promise<void> {
  work.catch(() => {});
  if (signal.aborted) return;
  await Promise.race([work, new Promise((_, reject) => signal.addEventListener("abort", () => reject(signal.reason)))]);
}

function unreachable(): never {
  throw new Error("the method table let a call through that it should have refused");
}
