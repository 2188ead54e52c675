// What the keys do: a pure function from the model and a key to the next model, and effects.
import { EXIT } from "../exit-codes.js";
import { plain } from "../render/text.js";
import { helpRows } from "./help.js";
import { type Action, type Command, commandOf, isAction, isMove, type Move } from "./keys.js";
import { layoutOf, listRows } from "./layout.js";
import { type LogFrame, scrolled } from "./log-view.js";
import { type LogPane, type Message, type Model, type Prompt, shownAgents } from "./model.js";
import { type Step, same } from "./step.js";

/** Longest text that can be typed, in characters; a poke's message has no more. */
const MAX_TYPED = 4_096;

// --- keys -----------------------------------------------------------------------------------------------------------

/** What a key does: to what is being typed, or as a command. */
export function pressed(model: Model, key: string): Step {
  return model.prompt === null ? commanded(model, key) : typed(model, model.prompt, key);
}

function commanded(model: Model, key: string): Step {
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

/** Where nothing is written there is nothing to hold. */
function heldOrFollowed(log: LogPane): LogPane {
  const isHeld = log.bottom !== null || log.lines.length === 0;
  return { ...log, bottom: isHeld ? null : log.lines.length - 1 };
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
  const page = Math.max(1, listRows(layoutOf(model)).rows - 1);
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
  if (model.link.kind === "down") return same(offline(model));
  if (action === "start") return call(model, { action, agent, message: null });
  return same({
    ...model,
    prompt: action === "poke" ? { kind: "poke", agent, text: "" } : { kind: "confirm", action, agent },
  });
}

function offline(model: Model): Model {
  return refused(model, "the daemon is offline: nothing was asked of it");
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
  // It may have gone since the question was put.
  if (model.link.kind === "down") return same(offline(model));
  const message: Message = { tone: "plain", text: `${asked.agent}: ${asked.action} asked for` };
  return { model: { ...model, message }, effects: [{ kind: "call", ...asked }] };
}

/** Adds to what is being typed; where nothing is, pasted text must not act as keys. */
export function insert(model: Model, text: string): Model {
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

function clamp(index: number, count: number): number {
  return Math.max(0, Math.min(index, count - 1));
}
