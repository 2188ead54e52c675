// What `hearth top` shows: a pure function from the model to the rows of the screen.
import type { AgentStatus } from "../../../protocol/methods.js";
import { formatDuration } from "../render/duration.js";
import { type Colour, paint, plain, type Style } from "../render/text.js";
import { clipToWidth, padToWidth, widthOf } from "../render/width.js";
import { agentRows } from "./agents-view.js";
import { helpRows } from "./help.js";
import { BINDINGS } from "./keys.js";
import { DIVIDER, type Layout, layoutOf, wrapWords } from "./layout.js";
import { logRows } from "./log-view.js";
import { type Message, type Model, type Prompt, type Size, selectedAgent, shownAgents } from "./model.js";

/** What the model does not know. */
export interface Moment {
  /** Unix milliseconds. */
  readonly now: number;
  readonly style: Omit<Style, "columns">;
}

const REVERSE = "\x1b[7m";
const RESET = "\x1b[0m";

/** Exactly as many rows as the screen has, none wider than it, with no escape sequences but colours, which end with the row. */
export function view(model: Model, { now, style: { isColourful, isAscii = false } }: Moment): string[] {
  const { columns, rows } = model.size;
  const style: Style = { columns, isColourful, isAscii };
  const layout = layoutOf(model);
  const shown = [
    ...(layout.top === 0 ? [] : [daemonRow(model, style, now)]),
    ...bodyRows(model, layout, style, now),
    ...footRows(model, layout, style),
  ];
  const fitting = shown.slice(0, rows).map((row) => clipToWidth(row, columns));
  return isAscii ? fitting.map(inAscii) : fitting;
}

/** What is drawn here where the terminal has no more than ASCII; what agents write is their own affair. */
const ASCII: Readonly<Record<string, string>> = { "▸": ">", "─": "-", "│": "|", "…": "~", "↑": "^", "↓": "v" };

function inAscii(row: string): string {
  return row.replace(/[▸─│…↑↓]/g, (character) => ASCII[character] ?? character);
}

/** Whether something of it grows older by itself. */
export function isAgeing({ screen, link }: Model): boolean {
  return screen === "agents" && link.kind === "up";
}

// --- the daemon's row -----------------------------------------------------------------------------------------------

function daemonRow({ link, daemon, agents }: Model, style: Style, now: number): string {
  if (link.kind === "down") {
    const hint = link.message.includes(link.hint) ? "" : `; ${plain(link.hint)}`;
    return paint(`${plain(link.message)}${hint}; still looking for it`, "red", style);
  }
  const parts = [
    `hearth ${paint("running", "green", style)}`,
    ...warnings(daemon).map((text) => paint(text, "yellow", style)),
    countsOf(agents),
    `up ${formatDuration(now - Date.parse(daemon.startedAt))}`,
    `pid ${daemon.pid}`,
    plain(daemon.home),
  ];
  return parts.join("  ");
}

function warnings({ health, executableIsNewer }: Model["daemon"]): string[] {
  const newer = executableIsNewer ? ["newer on disk: `hearth daemon restart`"] : [];
  return [...(health.status === "ok" ? [] : [`degraded: ${health.reasons.map(plain).join("; ")}`]), ...newer];
}

/** "12 agents: 9 running, 3 stopped". */
function countsOf(agents: readonly AgentStatus[]): string {
  const counts = new Map<string, number>();
  for (const { state } of agents) counts.set(state, (counts.get(state) ?? 0) + 1);
  const states = [...counts].sort(([, a], [, b]) => b - a).map(([state, count]) => `${count} ${state}`);
  const total = `${agents.length} ${agents.length === 1 ? "agent" : "agents"}`;
  return states.length === 0 ? total : `${total}: ${states.join(", ")}`;
}

// --- the body -------------------------------------------------------------------------------------------------------

function bodyRows(model: Model, layout: Layout, style: Style, now: number): string[] {
  if (model.screen === "help") return filled(helpRows(model.size, style).slice(model.helpFrom), layout.agents.rows);
  const agents = filled(agentRows(model, layout, style, now), layout.agents.rows);
  const log = layout.log === null ? [] : logPane(model, layout.log, style);
  if (!layout.isBeside) return [...agents, ...log];
  const divider = paint(DIVIDER, "dim", style);
  return agents.map((row, at) => padToWidth(row, layout.agents.columns) + divider + (log[at] ?? ""));
}

function filled(rows: readonly string[], count: number): string[] {
  return Array.from({ length: count }, (_, at) => rows[at] ?? "");
}

function logPane(model: Model, { columns, rows }: Size, style: Style): string[] {
  if (rows < 1) return [];
  const wraps = model.screen === "log" ? "wraps" : "cuts";
  const lines = logRows(model.log, { columns, rows: rows - 1, wraps }, style);
  const empty = model.selected === null || lines.length > 0 ? [] : [paint("nothing written yet", "dim", style)];
  return [logTitle(model, columns, style), ...filled([...lines, ...empty], rows - 1)];
}

function logTitle(model: Model, columns: number, style: Style): string {
  const { selected, log } = model;
  const state = selectedAgent(model)?.state;
  const name = selected === null ? "" : ` ${plain(selected)} `;
  const held = log.bottom === null ? "" : `held still at line ${log.bottom + 1} of ${log.lines.length}: f follows `;
  const about = model.screen === "log" && state !== undefined ? `${state} ` : "";
  const title = `──${name}${about}${held === "" ? "" : `─ ${held}`}`;
  const clipped = clipToWidth(title, columns);
  const line = clipped + "─".repeat(Math.max(0, columns - widthOf(clipped)));
  return paint(line, held === "" ? "dim" : "yellow", style);
}

// --- the last rows --------------------------------------------------------------------------------------------------

function footRows(model: Model, { foot }: Layout, style: Style): string[] {
  if (foot === 0) return [];
  const { prompt, message, filter } = model;
  if (prompt !== null) return [promptRow(prompt, filter, style)];
  if (message !== null) return messageRows(message, foot, style);
  const shown = filter === "" ? "" : `/${filter}  ${shownAgents(model).length} of ${model.agents.length}  Esc: all   `;
  const room = style.columns - widthOf(shown);
  return [paint(shown, "yellow", style) + keysRow(room, style)];
}

const TONES: Readonly<Record<Message["tone"], Colour | null>> = { plain: null, good: "green", bad: "red" };

function messageRows({ tone, text }: Message, foot: number, style: Style): string[] {
  const rows = wrapWords(text, style.columns);
  const last = rows.slice(foot - 1).join(" ");
  return [...rows.slice(0, foot - 1), clipToWidth(last, style.columns)].map((row) => paint(row, TONES[tone], style));
}

function promptRow(prompt: Prompt, filter: string, style: Style): string {
  if (prompt.kind === "confirm") {
    return paint(
      clipToWidth(`${prompt.action} ${plain(prompt.agent)}? y: yes, any other key: no`, style.columns),
      "yellow",
      style,
    );
  }
  const isFilter = prompt.kind === "filter";
  const label = isFilter ? "/" : clipToWidth(`poke ${plain(prompt.agent)}: `, Math.floor(style.columns / 2));
  const text = isFilter ? filter : prompt.text;
  const hint = text !== "" ? "" : isFilter ? " name or state" : " Enter alone: its own message";
  const room = style.columns - widthOf(label) - 1;
  const cursor = style.isColourful ? `${REVERSE} ${RESET}` : "_";
  return paint(label, "yellow", style) + endOf(text, room) + cursor + paint(hint, "dim", style);
}

/** The last part of a text that is too long, since that is where one types. */
function endOf(text: string, columns: number): string {
  let end = "";
  for (const character of [...text].reverse()) {
    if (widthOf(character + end) > columns) break;
    end = character + end;
  }
  return end;
}

/** As many keys as there is room for. */
function keysRow(columns: number, style: Style): string {
  let row = "";
  let width = 0;
  for (const { keys, word } of BINDINGS) {
    if (word === undefined) continue;
    const [key = ""] = keys;
    const gap = width === 0 ? "" : "  ";
    const needed = gap.length + key.length + 1 + word.length;
    if (width + needed > columns) break;
    row += `${gap}${paint(key, "bold", style)} ${paint(word, "dim", style)}`;
    width += needed;
  }
  return row;
}
