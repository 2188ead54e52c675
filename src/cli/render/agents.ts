// Agents for people: the table of `hearth status`, and one line for each agent after a verb.
import type { AgentStatus } from "../../../protocol/methods.js";
import { formatAge, formatDuration } from "./duration.js";
import { type Cell, renderTable } from "./table.js";
import { type Colour, plain, type Style } from "./text.js";

interface Column {
  readonly head: string;
  cell(agent: AgentStatus): Cell;
  /** Whether the column says something about at least one agent; always, when absent. */
  isWorth?(agent: AgentStatus): boolean;
}

/** One row for each agent; `now` is in unix milliseconds. */
export function renderAgents(
  agents: readonly AgentStatus[],
  style: Style,
  { now = Date.now() }: { readonly now?: number } = {},
): string[] {
  if (agents.length === 0)
    return ["No agents: define them in hearth.toml, or run `hearth run --name NAME -- COMMAND`."];
  const columns = columnsAt(now).filter(({ isWorth = () => true }) => agents.some(isWorth));
  const head = columns.map(({ head }): Cell => ({ text: head, colour: "bold" }));
  return renderTable([head, ...agents.map((agent) => columns.map(({ cell }) => cell(agent)))], style);
}

/** "gateway is running (pid 4242)", one line for each agent. */
export function renderOutcomes(agents: readonly AgentStatus[]): string[] {
  return agents.map((agent) => `${plain(agent.agent)} is ${describe(agent)}`);
}

/** A state in words, such as "failed: exited with code 3". */
export function describe(agent: AgentStatus): string {
  const { pid, lastExit, backoffUntil } = agent;
  if (agent.state === "running") return `${stateOf(agent)}${pid === null ? "" : ` (pid ${pid})`}`;
  if (agent.state === "failed" && lastExit !== null) return `failed: ${plain(lastExit.reason)}`;
  if (agent.state === "backoff" && lastExit !== null) {
    return `in backoff until ${backoffUntil}: ${plain(lastExit.reason)}`;
  }
  return stateOf(agent);
}

/** In the order of their worth, since those on the right are the first to go where it is narrow. */
function columnsAt(now: number): readonly Column[] {
  return [
    { head: "AGENT", cell: ({ agent }) => ({ text: plain(agent) }) },
    { head: "STATE", cell: (agent) => ({ text: stateOf(agent), colour: colourOf(agent) }) },
    { head: "PID", cell: ({ pid }) => ({ text: pid === null ? "-" : String(pid) }) },
    { head: "UPTIME", cell: ({ uptimeMs }) => ({ text: uptimeMs === null ? "-" : formatDuration(uptimeMs) }) },
    {
      head: "LAST BEAT",
      cell: ({ lastBeat }) => ({ text: lastBeat === null ? "-" : formatAge(lastBeat, now) }),
      isWorth: ({ lastBeat }) => lastBeat !== null,
    },
    { head: "RESTARTS", cell: ({ restarts }) => ({ text: String(restarts) }) },
    { head: "LAST EXIT", cell: ({ lastExit }) => ({ text: lastExit === null ? "-" : plain(lastExit.reason) }) },
    { head: "SESSION", cell: ({ session }) => ({ text: session }), isWorth: ({ session }) => session !== "process" },
  ];
}

/** The state, with what keeps a session from being of use. */
function stateOf({ state, ready, waitingFor }: AgentStatus): string {
  if (state === "starting" && waitingFor.length > 0) return `waiting for ${waitingFor.map(plain).join(", ")}`;
  return state === "running" && !ready ? "running, not ready" : state;
}

/** The colour of an agent's state. */
export function colourOf({ state, ready }: AgentStatus): Colour {
  if (state === "failed") return "red";
  if (state === "stopped") return "dim";
  return state === "running" && ready ? "green" : "yellow";
}
