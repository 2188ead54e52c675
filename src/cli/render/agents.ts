// Agents for people: the table of `hearth status`, and one line for each agent after a verb.
import type { AgentStatus } from "../../../protocol/methods.js";
import { formatDuration } from "./duration.js";
import { type Cell, renderTable } from "./table.js";
import { type Colour, plain, type Style } from "./text.js";

const HEAD = ["AGENT", "STATE", "PID", "UPTIME", "RESTARTS", "LAST EXIT"];

/** One row for each agent. */
export function renderAgents(agents: readonly AgentStatus[], style: Style): string[] {
  if (agents.length === 0)
    return ["No agents: define them in hearth.toml, or run `hearth run --name NAME -- COMMAND`."];
  const head = HEAD.map((text): Cell => ({ text, colour: "bold" }));
  return renderTable([head, ...agents.map(toRow)], style);
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

function toRow(agent: AgentStatus): Cell[] {
  const { pid, uptimeMs, restarts, lastExit } = agent;
  return [
    { text: plain(agent.agent) },
    { text: stateOf(agent), colour: colourOf(agent) },
    { text: pid === null ? "-" : String(pid) },
    { text: uptimeMs === null ? "-" : formatDuration(uptimeMs) },
    { text: String(restarts) },
    { text: lastExit === null ? "-" : plain(lastExit.reason) },
  ];
}

/** The state, with what keeps a session from being of use. */
function stateOf({ state, ready, waitingFor }: AgentStatus): string {
  if (state === "starting" && waitingFor.length > 0) return `waiting for ${waitingFor.map(plain).join(", ")}`;
  return state === "running" && !ready ? "running, not ready" : state;
}

function colourOf({ state, ready }: AgentStatus): Colour {
  if (state === "failed") return "red";
  if (state === "stopped") return "dim";
  return state === "running" && ready ? "green" : "yellow";
}
