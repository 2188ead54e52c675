// The tools: for each its arguments, its result, and the calls of the daemon that it stands for.
import type { ToolAnnotations } from "@modelcontextprotocol/server";
import type { AgentStatus, LifecycleAction, LifecycleRequest, MethodName, Result } from "../../protocol/methods.js";
import type { Words } from "./host.js";
import { argumentsOf, type Difference, type ObjectSchema, paramOf, resultOf, tableOf } from "./schemas.js";

/** Who the daemon takes the server for. */
export type Role = Result<"system.attach">["role"];

/** One call of a tool. */
export interface ToolCall {
  /** As the client gave them, but without fields that the tool does not have. */
  readonly args: Readonly<Record<string, unknown>>;
  readonly words: Words;
  /** Milliseconds that waiting may take. */
  readonly timeoutMs: number;
  /** Calls the daemon, which checks the params. */
  call<M extends MethodName>(method: M, params: object): Promise<Result<M>>;
}

/** What came of it. */
export interface Told {
  readonly result: Readonly<Record<string, unknown>>;
  /** The same for people. */
  readonly lines: readonly string[];
  /** It was carried out, but what was wanted did not come about. */
  readonly failed?: boolean;
}

export interface Tool {
  readonly name: string;
  readonly title: string;
  /** For the model that is to use it. */
  readonly description: string;
  readonly annotations: ToolAnnotations;
  readonly input: ObjectSchema;
  readonly output: ReturnType<typeof resultOf>;
  run(call: ToolCall): Promise<Told>;
}

const LOOKS: ToolAnnotations = { readOnlyHint: true, openWorldHint: false };
const ADDS: ToolAnnotations = { readOnlyHint: false, destructiveHint: false, openWorldHint: false };
const ENDS: ToolAnnotations = { readOnlyHint: false, destructiveHint: true, openWorldHint: false };
const ONCE: ToolAnnotations = { idempotentHint: true };
const EACH_TIME: ToolAnnotations = { idempotentHint: false };

const listAgents: Tool = {
  name: "list_agents",
  title: "List agents",
  description: "How the agents are, all of them or those that a glob matches: state, pid, restarts, last exit.",
  annotations: LOOKS,
  input: argumentsOf("agent.list"),
  output: resultOf("agent.list"),
  run: async ({ args, call, words }) => toldAgents(await call("agent.list", args), words),
};

const status: Tool = {
  name: "status",
  title: "Status",
  description: "How the daemon is, with one agent in full or all agents at a glance.",
  annotations: LOOKS,
  input: argumentsOf("agent.get", { required: [] }),
  output: tableOf({
    daemon: resultOf("daemon.status"),
    agents: { type: "array", items: resultOf("agent.get") },
  }),
  run: async ({ args, call, words }) => {
    const [daemon, agents] = await Promise.all([call("daemon.status", {}), agentsOf(args, call)]);
    return { result: { daemon, agents }, lines: words.status({ daemon, agents }) };
  },
};

const logs: Tool = {
  name: "logs",
  title: "Read an agent's log",
  description: "The last lines that an agent wrote, across its sessions.",
  annotations: LOOKS,
  input: argumentsOf("agent.logs"),
  output: resultOf("agent.logs"),
  run: async ({ args, call, words }) => {
    const result = await call("agent.logs", args);
    const written = words.written(result.lines);
    return { result, lines: written.length > 0 ? written : ["It has written nothing."] };
  },
};

const requests: Tool = {
  name: "requests",
  title: "List lifecycle requests",
  description: "Which cycles, restarts and shutdowns were asked for, by whom, and what came of them; the latest first.",
  annotations: LOOKS,
  input: argumentsOf("lifecycle.list"),
  output: resultOf("lifecycle.list"),
  run: async ({ args, call, words }) => {
    const result = await call("lifecycle.list", args);
    return { result, lines: words.requests(result.requests) };
  },
};

const poke: Tool = {
  name: "poke",
  title: "Poke an agent",
  description:
    "Wakes an agent now, with its own message or another, and tells whether that arrived. What the agent makes of it shows in its log.",
  annotations: { ...ADDS, ...EACH_TIME },
  input: argumentsOf("agent.poke"),
  output: resultOf("agent.poke"),
  run: async ({ args, call, words }) => {
    const result = await call("agent.poke", args);
    return { result, lines: [words.poke(result)], failed: !result.delivered };
  },
};

const beat: Tool = {
  name: "beat",
  title: "Say that you are alive",
  description: "Your sign of life to the daemon's watchdog, optionally with what you are doing. Call it when poked.",
  annotations: { ...ADDS, ...ONCE },
  input: argumentsOf("agent.beat"),
  output: resultOf("agent.beat"),
  run: async ({ args, call }) => {
    const result = await call("agent.beat", args);
    const next = result.nextBeatWithinMs;
    return { result, lines: [next === null ? "Noted." : `Noted; the next is due within ${next / 1000} s.`] };
  },
};

const ready: Tool = {
  name: "ready",
  title: "Say that you are ready",
  description:
    "Tells the daemon that you are set up. This takes the handoff that waited for you, so read it with get_handoff first.",
  annotations: { ...ADDS, ...ONCE },
  input: argumentsOf("agent.ready"),
  output: resultOf("agent.ready"),
  run: async ({ args, call }) => ({ result: await call("agent.ready", args), lines: ["Noted."] }),
};

const getHandoff: Tool = {
  name: "get_handoff",
  title: "Read your handoff",
  description: "What your previous session left for you to know, or null. Read it before you begin; it stays.",
  annotations: LOOKS,
  input: argumentsOf("handoff.get", { without: ["agent"] }),
  output: tableOf({ found: resultOf("handoff.get") }),
  run: async ({ args, call, words }) => {
    const found = await call("handoff.get", args);
    return { result: { found }, lines: found === null ? ["There is none."] : words.written(found.handoff.split("\n")) };
  },
};

const OPERATOR_TOOLS: readonly Tool[] = [
  listAgents,
  status,
  verb("agent.start", {
    name: "start",
    title: "Start agents",
    description: "Starts agents with what they depend on; those that run already are left alone. A name or a glob.",
    annotations: { ...ADDS, ...ONCE },
  }),
  verb("agent.stop", {
    name: "stop",
    title: "Stop agents",
    description: "Ends every process of agents, which stay down until they are started. A name or a glob.",
    annotations: { ...ENDS, ...ONCE },
  }),
  verb("agent.restart", {
    name: "restart",
    title: "Restart agents",
    description: "Ends agents and starts them afresh, without a handoff. A name or a glob.",
    annotations: { ...ENDS, ...EACH_TIME },
  }),
  operatorRequest("cycle", {
    name: "cycle",
    title: "Cycle an agent",
    description:
      "Gives an agent a fresh session that finds the handoff: all it should know from the one before. The prompt `handoff` tells how to write a good one.",
    annotations: { ...ENDS, ...EACH_TIME },
  }),
  operatorRequest("shutdown", {
    name: "shutdown",
    title: "Shut an agent down",
    description: "Ends an agent for good, behind what was asked of it before; it stays down until it is started.",
    annotations: { ...ENDS, ...ONCE },
  }),
  poke,
  logs,
  requests,
];

const AGENT_TOOLS: readonly Tool[] = [
  getHandoff,
  ready,
  beat,
  ownRequest("cycle", {
    name: "request_cycle",
    title: "Ask for a fresh session",
    description:
      "Ends your session and begins a fresh one that is told your handoff. For when your context is full. Call it last: it is carried out as soon as it is answered.",
    annotations: { ...ENDS, ...EACH_TIME },
  }),
  ownRequest("restart", {
    name: "request_restart",
    title: "Ask for a restart",
    description: "Ends your session and begins a fresh one that knows nothing of it. Call it last.",
    annotations: { ...ENDS, ...EACH_TIME },
  }),
  ownRequest("shutdown", {
    name: "request_shutdown",
    title: "Ask for your end",
    description: "Ends your session, and no other follows until somebody starts you. Call it last.",
    annotations: { ...ENDS, ...ONCE },
  }),
  listAgents,
  status,
  logs,
  requests,
];

/** In a session the agent's own; it has no use for an operator's, most of which it may not use. */
export const TOOLS: Readonly<Record<Role, readonly Tool[]>> = { operator: OPERATOR_TOOLS, agent: AGENT_TOOLS };

type Description = Pick<Tool, "name" | "title" | "description" | "annotations">;

/** What is done to agents by name or glob. */
function verb(method: "agent.start" | "agent.stop" | "agent.restart", description: Description): Tool {
  return {
    ...description,
    // A model has no environment of its own to give.
    input: argumentsOf(method, { without: ["env"] }),
    output: resultOf(method),
    run: async ({ args, call, words }) => {
      const result = await call(method, args);
      return { ...toldAgents(result, words), failed: result.agents.some(({ state }) => state === "failed") };
    },
  };
}

/** A lifecycle request about an agent that is named, followed to its end if that is wanted. */
function operatorRequest(action: LifecycleAction, description: Description): Tool {
  const wait = { ...paramOf("agent.start", "wait"), description: "Answer only when the request has ended." };
  const shape: Difference = { ...paramsWithout(action), required: ["agent"], extra: { wait } };
  return {
    ...description,
    input: argumentsOf("lifecycle.request", shape),
    output: resultOf("lifecycle.request"),
    run: async (call) => {
      const { wait: isFollowed, ...params } = call.args;
      const { request } = await call.call("lifecycle.request", { ...params, action });
      return toldRequest(isFollowed === true ? await ended(call, request) : request, call.words);
    },
  };
}

/** A lifecycle request of an agent about itself; whoever waits for its own end hears nothing. */
function ownRequest(action: LifecycleAction, description: Description): Tool {
  const { without } = paramsWithout(action);
  return {
    ...description,
    input: argumentsOf("lifecycle.request", { without: [...without, "agent"], required: [] }),
    output: resultOf("lifecycle.request"),
    run: async ({ args, call, words }) => {
      const { request } = await call("lifecycle.request", { ...args, action });
      return toldRequest(request, words);
    },
  };
}

/** Only a restart hands nothing over. */
function paramsWithout(action: LifecycleAction): { readonly without: readonly string[] } {
  return { without: ["action", "requestedAt", ...(action === "restart" ? ["handoff"] : [])] };
}

async function ended({ call, timeoutMs }: ToolCall, { id }: LifecycleRequest): Promise<LifecycleRequest> {
  return (await call("lifecycle.wait", { id, timeoutMs })).request;
}

/** One agent by name, so that a name that nobody has is an error; otherwise all. */
async function agentsOf(args: ToolCall["args"], call: ToolCall["call"]): Promise<AgentStatus[]> {
  return args.agent === undefined ? (await call("agent.list", {})).agents : [await call("agent.get", args)];
}

function toldAgents(result: { readonly agents: readonly AgentStatus[] }, words: Words): Told {
  return { result, lines: result.agents.length > 0 ? words.agents(result.agents) : ["There are no such agents."] };
}

function toldRequest(request: LifecycleRequest, words: Words): Told {
  return { result: { request }, lines: [words.request(request)], failed: request.error !== undefined };
}
