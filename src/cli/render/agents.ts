// Agents for people: the table of `hearth status`, and one line for each agent after a verb.
import type { AgentStatus } from "../../../protocol/methods.js";
import { formatDuration } from "./duration.js";
import { formatBytes, formatPercent } from "./quantity.js";
import { colourOf, signOf } from "./signs.js";
import { renderStrip, stripCells } from "./strip.js";
import { type Cell, type ColumnRule, renderTable } from "./table.js";
import { plain, type Style } from "./text.js";
import { widthOf } from "./width.js";

interface Column extends ColumnRule {
  readonly head: string;
  cell(agent: AgentStatus): Cell;
  /** Whether the column says something about at least one agent; always, when absent. */
  isWorth?(agent: AgentStatus): boolean;
}

/** For what is never cut. */
const WHOLE = Number.POSITIVE_INFINITY;
/** Room that is left to a column which can be cut before the strip gets longer. */
const ENOUGH = 20;
/** Where there is no end to a line, a character of the strip stands for five minutes. */
const UNBOUNDED_STRIP_CELLS = 12;
/** From here on other columns go before names are cut to less than most names have. */
const NARROW = 60;
const GAP = 2;
const STRIP_RULE: ColumnRule = { rank: 8, least: WHOLE };

/**
 * One row for each agent below the head; `now` is in unix milliseconds. Processor, memory and the strip of the last hour
 * are there when they were asked for. `match`: the glob that chose them; absent: they are all.
 */
export function renderAgents(
  agents: readonly AgentStatus[],
  style: Style,
  { now = Date.now(), match }: { readonly now?: number; readonly match?: string | undefined } = {},
): string[] {
  if (agents.length === 0) return [nobody(match)];
  const columns = columnsAt(now, style).filter(({ isWorth = () => true }) => agents.some(isWorth));
  const head = columns.map(({ head }): Cell => ({ text: head, colour: "bold" }));
  const rows = [head, ...agents.map((agent) => columns.map(({ cell }) => cell(agent)))];
  if (agents.every(({ history }) => history === undefined)) return renderTable(rows, style, columns);
  const cells = stripWidth(rows, columns, style);
  const strips = agents.map(({ history = [] }): Cell => ({ text: renderStrip(history, { cells, now }, style) }));
  const lastHour = [{ text: "HOUR", colour: "bold" } as const, ...strips];
  const wholeRows = rows.map((row, index) => [...row, ...lastHour.slice(index, index + 1)]);
  return renderTable(wholeRows, style, [...columns, STRIP_RULE]);
}

function nobody(match: string | undefined): string {
  if (match !== undefined) return `There is no agent ${match}: \`hearth status\` shows all.`;
  return "No agents: define them in hearth.toml, or run `hearth run --name NAME -- COMMAND`.";
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

/** In the order in which they are read; their ranks say which of them go where it is narrow. */
function columnsAt(now: number, style: Style): readonly Column[] {
  return [
    { head: "AGENT", rank: 0, least: style.columns < NARROW ? 8 : 16, cell: ({ agent }) => ({ text: plain(agent) }) },
    {
      head: "STATE",
      rank: 1,
      least: style.columns < NARROW ? 9 : 11,
      cell: (agent) => stateCell(agent, { now, style }),
    },
    { head: "PID", rank: 9, least: WHOLE, cell: ({ pid }) => ({ text: pid === null ? "-" : String(pid) }) },
    { head: "UPTIME", rank: 2, least: WHOLE, cell: ({ uptimeMs }) => ({ text: orDash(uptimeMs, formatDuration) }) },
    { head: "RESTARTS", rank: 3, least: WHOLE, cell: ({ restarts }) => ({ text: String(restarts) }) },
    { head: "LAST EXIT", rank: 6, least: 7, cell: ({ lastExit }) => ({ text: orDash(lastExit, shortExit) }) },
    {
      head: "BEAT",
      rank: 7,
      least: WHOLE,
      cell: ({ lastBeat }) => ({ text: orDash(lastBeat, (at) => formatDuration(now - Date.parse(at))) }),
      isWorth: ({ lastBeat }) => lastBeat !== null,
    },
    {
      head: "CPU",
      rank: 5,
      least: WHOLE,
      cell: ({ usage }) => ({ text: orDash(usage?.cpuPercent, formatPercent) }),
      isWorth: ({ usage }) => usage !== undefined,
    },
    {
      head: "MEM",
      rank: 4,
      least: WHOLE,
      cell: ({ usage }) => ({ text: orDash(usage?.memoryBytes, formatBytes) }),
      isWorth: ({ usage }) => usage !== undefined,
    },
    {
      head: "SESSION",
      rank: 10,
      least: WHOLE,
      cell: ({ session }) => ({ text: session }),
      isWorth: ({ session }) => session !== "process",
    },
  ];
}

/** As long as there is room beside the other columns. */
function stripWidth(rows: readonly (readonly Cell[])[], columns: readonly Column[], style: Style): number {
  if (!Number.isFinite(style.columns)) return UNBOUNDED_STRIP_CELLS;
  const taken = columns.map(({ least }, column) => {
    const width = Math.max(...rows.map((row) => widthOf(row[column]?.text ?? "")));
    return least === WHOLE ? width : Math.min(width, ENOUGH);
  });
  return stripCells(style.columns - taken.reduce((sum, width) => sum + width + GAP, 0));
}

function stateCell(agent: AgentStatus, { now, style }: { readonly now: number; readonly style: Style }): Cell {
  const { state, ready, backoffUntil } = agent;
  const wait = state === "backoff" && backoffUntil !== null ? ` ${timeUntil(backoffUntil, now)}` : "";
  const words = state === "running" && !ready ? "not ready" : stateOf(agent);
  return { text: `${signOf(agent, style)} ${words}${wait}`, colour: colourOf(agent) };
}

/** How long a moment of RFC 3339 is away; `now` in unix milliseconds. */
export function timeUntil(moment: string, now: number): string {
  return formatDuration(Math.max(0, Date.parse(moment) - now));
}

/** The state, with what keeps a session from being of use. */
function stateOf({ state, ready, waitingFor }: AgentStatus): string {
  if (state === "starting" && waitingFor.length > 0) return `waiting for ${waitingFor.map(plain).join(", ")}`;
  return state === "running" && !ready ? "running, not ready" : state;
}

/** In a word or two where a number tells all: "exit 3", "SIGKILL"; details in brackets, such as a PATH, are left to its page. */
function shortExit({ code, signal, reason }: NonNullable<AgentStatus["lastExit"]>): string {
  const isPlain = reason === `exited with code ${code}` || reason === `killed by ${signal}`;
  if (!isPlain) return plain(reason.replace(/ \(.*\)$/s, ""));
  return signal === null ? `exit ${code}` : plain(signal);
}

function orDash<T>(value: T | null | undefined, format: (value: T) => string): string {
  return value === null || value === undefined ? "-" : format(value);
}
