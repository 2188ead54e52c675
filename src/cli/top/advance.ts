// What happens changes what is known and shown: a pure function from the model and an input to the next model, and effects.
import type { Happening } from "../../../protocol/calls.js";
import type { AgentStatus, DaemonStatus, LifecycleRequest } from "../../../protocol/methods.js";
import { EXIT } from "../exit-codes.js";
import { isOpen, renderRequest } from "../render/requests.js";
import { plain } from "../render/text.js";
import { happenedTo } from "./agents.js";
import { helpRows } from "./help.js";
import { type Action, type Command, commandOf, isAction, isMove, type Move } from "./keys.js";
import { agentRows, type Layout, layoutOf } from "./layout.js";
import { type LogFrame, scrolled } from "./log-view.js";
import {
  EMPTY_LOG,
  inOrder,
  type LogPane,
  type Message,
  type Model,
  type Prompt,
  type Size,
  selectedAgent,
  shownAgents,
  type Trouble,
} from "./model.js";

/** Something that happened. */
export type Input =
  | { readonly kind: "key"; readonly key: string }
  | { readonly kind: "pasted"; readonly text: string }
  | { readonly kind: "resized"; readonly size: Size }
  | { readonly kind: "connected"; readonly daemon: DaemonStatus; readonly agents: readonly AgentStatus[] }
  | { readonly kind: "lost"; readonly trouble: Trouble }
  | { readonly kind: "event"; readonly event: Happening }
  /** Some events never arrived. */
  | { readonly kind: "lagged" }
  /** The daemon's account of everything, of some agents, or that one is not there any more. */
  | { readonly kind: "listed"; readonly daemon: DaemonStatus; readonly agents: readonly AgentStatus[] }
  | { readonly kind: "told"; readonly agents: readonly AgentStatus[] }
  | { readonly kind: "vanished"; readonly agent: string }
  /** The last lines of a log, in place of those that were known, or further ones. */
  | { readonly kind: "log-began" | "log-grew"; readonly agent: string; readonly lines: readonly string[] }
  /** What an action came to. */
  | { readonly kind: "answered"; readonly message: Message; readonly request?: LifecycleRequest };

/** What the shell is to do. */
export type Effect =
  /** `message`: what a poke says; null: what its definition says. */
  | { readonly kind: "call"; readonly action: Action; readonly agent: string; readonly message: string | null }
  | { readonly kind: "refresh"; readonly agents: readonly string[] | "all" }
  | { readonly kind: "quit"; readonly code: number }
  | { readonly kind: "suspend" | "repaint" };

export interface Step {
  readonly model: Model;
  readonly effects: readonly Effect[];
}

/** Lines of a log that are kept, and the most characters of each: a screen never shows more of one. */
export const MAX_LOG_LINES = 1_000;
const MAX_LINE_LENGTH = 4_096;
/** Longest text that can be typed, in characters; a poke's message has no more. */
const MAX_TYPED = 4_096;
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
      return model.prompt === null ? pressed(model, input.key) : typed(model, model.prompt, input.key);
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

// --- keys -----------------------------------------------------------------------------------------------------------

function pressed(model: Model, key: string): Step {
  const command = commandOf(key);
  const heard: Model = model.message === null ? model : { ...model, message: null };
  if (command === undefined) return same(heard);
  if (heard.screen === "help" && !isGlobal(command)) return same(inHelp(heard, command));
  if (isMove(command)) return same(moved(heard, command));
  if (isAction(command)) return asked(heard, command);
  return carriedOut(heard, command);
}

/** What means the same on every screen. */
function isGlobal(command: Command): boolean {
  return ["quit", "interrupt", "suspend", "repaint"].includes(command);
}

function carriedOut(model: Model, command: Exclude<Command, Move | Action>): Step {
  switch (command) {
    case "quit":
      return { model, effects: [{ kind: "quit", code: EXIT.done }] };
    case "interrupt":
      return { model, effects: [{ kind: "quit", code: EXIT.interrupted }] };
    case "suspend":
    case "repaint":
      return { model, effects: [{ kind: command }] };
    case "help":
      return same({ ...model, screen: "help", helpFrom: 0 });
    case "filter":
      return same({ ...model, screen: "agents", prompt: { kind: "filter", before: model.filter } });
    case "log":
      return same({ ...model, screen: model.screen === "log" ? "agents" : "log" });
    case "follow":
      return same({ ...model, log: heldOrFollowed(model.log) });
    case "back":
      return same(model.screen === "log" ? { ...model, screen: "agents" } : { ...model, filter: "" });
  }
}

function heldOrFollowed(log: LogPane): LogPane {
  return { ...log, bottom: log.bottom === null ? Math.max(0, log.lines.length - 1) : null };
}

function inHelp(model: Model, command: Command): Model {
  if (!isMove(command)) return { ...model, screen: "agents" };
  const page = Math.max(1, layoutOf(model).agents.rows - 1);
  return { ...model, helpFrom: model.helpFrom + distance(command, { page, count: helpRows(model.size).length }) };
}

function moved(model: Model, move: Move): Model {
  if (model.screen === "log") return { ...model, log: scrolled(model.log, move, logFrame(model)) };
  const shown = shownAgents(model);
  const at = shown.findIndex(({ agent }) => agent === model.selected);
  const page = Math.max(1, agentRows(layoutOf(model)).rows - 1);
  const to = at + distance(move, { page, count: shown.length });
  return { ...model, selected: shown[clamp(to, shown.length)]?.agent ?? null };
}

function distance(move: Move, { page, count }: { readonly page: number; readonly count: number }): number {
  return { up: -1, down: 1, "page-up": -page, "page-down": page, first: -count, last: count }[move];
}

/** Where the log is shown now; the first row is its title. */
function logFrame(model: Model): LogFrame {
  const { columns, rows } = layoutOf(model).log ?? { columns: 0, rows: 0 };
  return { columns, rows: Math.max(0, rows - 1), wraps: model.screen === "log" ? "wraps" : "cuts" };
}

/** An action that ends a session is asked for twice, a start is not, and a poke may say something. */
function asked(model: Model, action: Action): Step {
  const agent = model.selected;
  if (agent === null) return same(refused(model, "no agent is selected"));
  if (model.link.kind === "down") return same(refused(model, "the daemon is offline: nothing was asked of it"));
  if (action === "start") return call(model, { action, agent, message: null });
  return same({
    ...model,
    prompt: action === "poke" ? { kind: "poke", agent, text: "" } : { kind: "confirm", action, agent },
  });
}

function refused(model: Model, text: string): Model {
  return { ...model, message: { tone: "bad", text } };
}

// --- prompts --------------------------------------------------------------------------------------------------------

function typed(model: Model, prompt: Prompt, key: string): Step {
  const isGivenUp = key === "ctrl+c" || key === "escape";
  if (prompt.kind === "confirm") return decided(model, prompt, key);
  if (isGivenUp)
    return same({ ...model, prompt: null, filter: prompt.kind === "filter" ? prompt.before : model.filter });
  if (key === "enter") return entered(model, prompt);
  if (key === "ctrl+z") return { model, effects: [{ kind: "suspend" }] };
  if (key === "backspace") return same(edited(model, (text) => [...text].slice(0, -1).join("")));
  if (key === "ctrl+u") return same(edited(model, () => ""));
  return same(isCharacter(key) ? insert(model, key) : model);
}

function decided(model: Model, { action, agent }: Prompt & { readonly kind: "confirm" }, key: string): Step {
  const closed: Model = { ...model, prompt: null };
  if (key !== "y" && key !== "Y") return same({ ...closed, message: { tone: "plain", text: `${agent}: not touched` } });
  return call(closed, { action, agent, message: null });
}

function entered(model: Model, prompt: Exclude<Prompt, { readonly kind: "confirm" }>): Step {
  const closed: Model = { ...model, prompt: null };
  if (prompt.kind === "filter") return same(closed);
  return call(closed, { action: "poke", agent: prompt.agent, message: prompt.text === "" ? null : prompt.text });
}

function call(
  model: Model,
  asked: { readonly action: Action; readonly agent: string; readonly message: string | null },
): Step {
  const message: Message = { tone: "plain", text: `${asked.agent}: ${asked.action} asked for` };
  return { model: { ...model, message }, effects: [{ kind: "call", ...asked }] };
}

/** Adds to what is being typed; where nothing is, pasted text must not act as keys. */
function insert(model: Model, text: string): Model {
  const line = plain(text.replace(/\s+/g, " "));
  return edited(model, (before) => (before + line).slice(0, MAX_TYPED));
}

function edited(model: Model, edit: (text: string) => string): Model {
  if (model.prompt?.kind === "filter") return { ...model, filter: edit(model.filter) };
  if (model.prompt?.kind !== "poke") return model;
  return { ...model, prompt: { ...model.prompt, text: edit(model.prompt.text) } };
}

function isCharacter(key: string): boolean {
  return [...key].length === 1;
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
      return same(without(model, event.agent ?? ""));
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
  const { rows } = agentRows(layout);
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

function clamp(index: number, count: number): number {
  return Math.max(0, Math.min(index, count - 1));
}

function same(model: Model): Step {
  return { model, effects: [] };
}
