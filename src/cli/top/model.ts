// All that `hearth top` knows and shows, as one value.
import type { AgentStatus, DaemonStatus } from "../../../protocol/methods.js";
import type { Action } from "./keys.js";

/** Of the terminal, in cells. */
export interface Size {
  readonly columns: number;
  readonly rows: number;
}

/** A failure in words, as it is shown. */
export interface Trouble {
  readonly message: string;
  readonly hint: string;
}

/** Whether the daemon is there; while it is not, everything is shown as it was last seen. */
export type Link = { readonly kind: "up" } | ({ readonly kind: "down" } & Trouble);

/** What an action came to, or what happened beside it. */
export interface Message {
  readonly tone: "plain" | "good" | "bad";
  readonly text: string;
}

/** What the last row waits for. */
export type Prompt =
  | { readonly kind: "confirm"; readonly action: Action; readonly agent: string }
  | { readonly kind: "poke"; readonly agent: string; readonly text: string }
  /** `before`: the filter that comes back when this one is given up. */
  | { readonly kind: "filter"; readonly before: string };

/** The log of the selected agent. */
export interface LogPane {
  /** As the agent wrote them: nothing of it may reach a terminal as it is. */
  readonly lines: readonly string[];
  /** Index of the lowest line that is shown; null: the log is followed. While it is held still, no lines are added. */
  readonly bottom: number | null;
}

export interface Model {
  readonly size: Size;
  readonly screen: "agents" | "log" | "help";
  readonly prompt: Prompt | null;
  readonly message: Message | null;
  readonly link: Link;
  readonly daemon: DaemonStatus;
  /** In the order of their names. */
  readonly agents: readonly AgentStatus[];
  readonly filter: string;
  /** Name of an agent that the filter lets through; null when there is none. */
  readonly selected: string | null;
  /** Index of the agent in the first row of the list. */
  readonly firstShown: number;
  readonly log: LogPane;
  /** How far help is scrolled. */
  readonly helpFrom: number;
  /** Lifecycle requests that were asked for here, by id. */
  readonly requests: readonly string[];
}

/** An empty log that is followed. */
export const EMPTY_LOG: LogPane = { lines: [], bottom: null };

/** The first model. */
export function begin(seen: {
  readonly size: Size;
  readonly daemon: DaemonStatus;
  readonly agents: readonly AgentStatus[];
}): Model {
  return {
    ...seen,
    agents: inOrder(seen.agents),
    screen: "agents",
    prompt: null,
    message: null,
    link: { kind: "up" },
    filter: "",
    selected: null,
    firstShown: 0,
    log: EMPTY_LOG,
    helpFrom: 0,
    requests: [],
  };
}

/** Agents in the order in which they are shown. */
export function inOrder(agents: readonly AgentStatus[]): AgentStatus[] {
  return [...agents].sort((a, b) => (a.agent < b.agent ? -1 : 1));
}

/** Agents whose name or state has the filter's text. */
export function shownAgents({ agents, filter }: Pick<Model, "agents" | "filter">): readonly AgentStatus[] {
  const wanted = filter.toLowerCase();
  if (wanted === "") return agents;
  return agents.filter(({ agent, state }) => agent.toLowerCase().includes(wanted) || state.includes(wanted));
}

/** The selected agent, if there is one. */
export function selectedAgent({ agents, selected }: Pick<Model, "agents" | "selected">): AgentStatus | undefined {
  return selected === null ? undefined : agents.find(({ agent }) => agent === selected);
}
