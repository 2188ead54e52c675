// What happens changes what is known and shown: a pure function from the model and an input to the next model, and effects.
import type { Happening } from "../../../protocol/calls.js";
import type { AgentStatus, DaemonStatus, LifecycleRequest } from "../../../protocol/methods.js";
import { isOpen, renderRequest } from "../render/requests.js";
import { plain } from "../render/text.js";
import { happenedTo } from "./agents.js";
import { helpRows } from "./help.js";
import { type Layout, layoutOf, listRows } from "./layout.js";
import { EMPTY_LOG, inOrder, type Message, type Model, selectedAgent, shownAgents } from "./model.js";
import { insert, pressed } from "./press.js";
import { type Effect, type Input, type Step, same } from "./step.js";

/** Lines of a log that are kept, and the most characters of each: a screen never shows more of one. */
export const MAX_LOG_LINES = 1_000;
const MAX_LINE_LENGTH = 4_096;
/** Requests whose end is told, of those that were asked for here. */
const MAX_REQUESTS = 20;

/** The next model. Whatever comes, an agent that is shown is selected, if there is one. */
export function advance(model: Model, input: Input): Step {
  const { model: next, effects } = react(model, input);
  return { model: next === model ? model : settled(model, next), effects };
}

/** The agent whose log is to be followed, if any. */
export function followed(model: Model): string | null {
  const isSeen = layoutOf(model).log !== null;
  return isSeen && model.log.bottom === null && model.link.kind === "up" ? model.selected : null;
}

function react(model: Model, input: Input): Step {
  switch (input.kind) {
    case "key":
      return pressed(model, input.key);
    case "pasted":
      return same(insert(model, input.text));
    case "resized":
      return same({ ...model, size: input.size });
    case "connected":
      return same(connected(model, input));
    case "lost":
      return same({ ...model, link: { kind: "down", ...input.trouble } });
    case "event":
      return happened(model, input.event);
    case "lagged":
      return { model, effects: [{ kind: "refresh", agents: "all" }] };
    case "listed":
      return same({ ...model, daemon: input.daemon, agents: inOrder(input.agents) });
    case "told":
      return same(input.agents.reduce(told, model));
    case "vanished":
      return same(without(model, input.agent));
    case "log-began":
    case "log-grew":
      return same(logged(model, input));
    case "answered":
      return same(answered(model, input));
  }
}

// --- what the daemon tells ------------------------------------------------------------------------------------------

function connected(
  model: Model,
  { daemon, agents }: { readonly daemon: DaemonStatus; readonly agents: readonly AgentStatus[] },
): Model {
  const isSame = daemon.instanceId === model.daemon.instanceId;
  const what = isSame ? "connected again" : `connected again: another daemon runs now, pid ${daemon.pid}`;
  const seen: Model = { ...model, daemon, agents: inOrder(agents), link: { kind: "up" } };
  return model.link.kind === "up" ? seen : { ...seen, message: { tone: "good", text: what } };
}

function happened(model: Model, event: Happening): Step {
  switch (event.type) {
    case "agent.added":
    case "daemon.reloaded":
      return { model, effects: [{ kind: "refresh", agents: "all" }] };
    case "agent.removed":
      // What was asked before may tell of it as it was.
      return { model: without(model, event.agent ?? ""), effects: [{ kind: "refresh", agents: "all" }] };
    case "daemon.degraded":
      return same(withHealth(model, { status: "degraded", reasons: event.data.reasons }));
    case "daemon.recovered":
      return same(withHealth(model, { status: "ok", reasons: [] }));
    case "daemon.stopping":
      return same({
        ...model,
        message: { tone: "plain", text: `the daemon is stopping: ${plain(event.data.reason)}` },
      });
    case "lifecycle.done":
    case "lifecycle.failed":
    case "lifecycle.expired":
    case "lifecycle.superseded":
      return same(ended(model, event.data));
    default:
      return { model: changed(model, event), effects: refreshAfter(model, event) };
  }
}

function withHealth(model: Model, health: DaemonStatus["health"]): Model {
  return { ...model, daemon: { ...model.daemon, health } };
}

function changed(model: Model, event: Happening): Model {
  const at = model.agents.findIndex(({ agent }) => agent === event.agent);
  const before = model.agents[at];
  if (before === undefined) return model;
  const after = happenedTo(before, event);
  return after === before ? model : { ...model, agents: model.agents.with(at, after) };
}

/** An event tells what happened, not all that follows from it: how often it was restarted, who waits for it no longer. */
function refreshAfter(model: Model, { type, agent }: Happening): Effect[] {
  if (!type.startsWith("agent.") || agent === undefined) return [];
  const waiting = model.agents.filter(({ waitingFor }) => waitingFor.length > 0).map((each) => each.agent);
  return [{ kind: "refresh", agents: [agent, ...waiting.filter((name) => name !== agent)] }];
}

function ended(model: Model, request: LifecycleRequest): Model {
  if (!model.requests.includes(request.id)) return model;
  const requests = model.requests.filter((id) => id !== request.id);
  const tone = request.state === "done" ? "good" : "bad";
  return { ...model, requests, message: { tone, text: renderRequest(request) } };
}

function answered(
  model: Model,
  { message, request }: { readonly message: Message; readonly request?: LifecycleRequest },
): Model {
  const isAwaited = request !== undefined && isOpen(request);
  const requests = isAwaited ? [...model.requests, request.id].slice(-MAX_REQUESTS) : model.requests;
  return { ...model, requests, message };
}

function told(model: Model, agent: AgentStatus): Model {
  const at = model.agents.findIndex((each) => each.agent === agent.agent);
  return { ...model, agents: at === -1 ? inOrder([...model.agents, agent]) : model.agents.with(at, agent) };
}

function without(model: Model, name: string): Model {
  return { ...model, agents: model.agents.filter(({ agent }) => agent !== name) };
}

function logged(
  model: Model,
  { kind, agent, lines }: { readonly kind: string; readonly agent: string; readonly lines: readonly string[] },
): Model {
  // What was on its way when another log was chosen, or when it was held still.
  if (agent !== model.selected || model.log.bottom !== null) return model;
  const known = kind === "log-began" ? [] : model.log.lines;
  const news = lines.slice(-MAX_LOG_LINES).map((line) => line.slice(0, MAX_LINE_LENGTH));
  return { ...model, log: { lines: [...known, ...news].slice(-MAX_LOG_LINES), bottom: null } };
}

// --- what always holds ----------------------------------------------------------------------------------------------

function settled(before: Model, model: Model): Model {
  const selected = selectionIn(model);
  const log = selected === before.selected ? model.log : EMPTY_LOG;
  const screen = selected === null && model.screen === "log" ? "agents" : model.screen;
  const prompt = isAnswerable(model) ? model.prompt : null;
  return scrolledToSelection({ ...model, selected, log, screen, prompt });
}

/** The one that was selected, or the one in its place. */
function selectionIn(model: Model): string | null {
  const shown = shownAgents(model);
  const { selected } = model;
  if (selected === null) return shown[0]?.agent ?? null;
  return (shown.find(({ agent }) => agent >= selected) ?? shown.at(-1))?.agent ?? null;
}

/** A question about an agent that is gone needs no answer. */
function isAnswerable({ prompt, agents }: Model): boolean {
  return prompt === null || prompt.kind === "filter" || selectedAgent({ agents, selected: prompt.agent }) !== undefined;
}

function scrolledToSelection(model: Model): Model {
  const layout = layoutOf(model);
  const { rows } = listRows(layout);
  const shown = shownAgents(model);
  const at = Math.max(
    0,
    shown.findIndex(({ agent }) => agent === model.selected),
  );
  const least = Math.max(0, at - rows + 1);
  const most = Math.max(0, Math.min(at, shown.length - rows));
  const firstShown = Math.max(least, Math.min(model.firstShown, most));
  return { ...model, firstShown, helpFrom: model.screen === "help" ? helpFromIn(model, layout) : 0 };
}

function helpFromIn({ helpFrom, size }: Model, { agents }: Layout): number {
  return Math.max(0, Math.min(helpFrom, helpRows(size).length - agents.rows));
}
