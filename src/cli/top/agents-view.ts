// The rows of the agents in `hearth top`.
import type { AgentStatus } from "../../../protocol/methods.js";
import { formatAge, formatDuration } from "../render/duration.js";
import { colourOf, signOf } from "../render/signs.js";
import { type Cell, renderTable } from "../render/table.js";
import { paint, plain, type Style } from "../render/text.js";
import { padToWidth } from "../render/width.js";
import { type Layout, listRows } from "./layout.js";
import { type Model, shownAgents } from "./model.js";

/** In front of the selected agent's sign and the others'. */
const MARK = "▸ ";
const NO_MARK = "  ";
/** Of a mark, a sign and a space. */
const PREFIX_COLUMNS = 4;
const REVERSE = "\x1b[7m";
const RESET = "\x1b[0m";

/** The head of the table and the agents that are in sight; `now` in unix milliseconds. */
export function agentRows(model: Model, layout: Layout, style: Style, now: number): string[] {
  const shown = shownAgents(model);
  if (shown.length === 0) return [paint(nobody(model), "dim", style)];
  const { head, rows } = listRows(layout);
  const visible = shown.slice(model.firstShown, model.firstShown + rows);
  const nameColumns = Math.max(...shown.map(({ agent }) => agent.length));
  const cells = visible.map((agent) => cellsOf(agent, { nameColumns, now }));
  const room = { ...style, columns: Math.max(1, layout.agents.columns - PREFIX_COLUMNS) };
  const [titles = "", ...lines] = renderTable([HEAD, ...cells], room);
  const marked = visible.map((agent, at) => {
    const isSelected = agent.agent === model.selected;
    const row = { sign: signOf(agent, style), line: lines[at] ?? "" };
    return isSelected ? selectedRow(row, layout, style) : otherRow(agent, row, style);
  });
  const all = head === 0 ? marked : [" ".repeat(PREFIX_COLUMNS) + titles, ...marked];
  // Of a daemon that is away nobody knows whether it is still true.
  return model.link.kind === "up" ? all : all.map((row) => paint(plain(row), "dim", style));
}

interface SignedRow {
  readonly sign: string;
  readonly line: string;
}

/** Without colours of its own, which would be hard to read. */
function selectedRow({ sign, line }: SignedRow, { agents: { columns } }: Layout, { isColourful }: Style): string {
  const row = `${MARK}${sign} ${line}`;
  return isColourful ? `${REVERSE}${padToWidth(plain(row), columns)}${RESET}` : row;
}

function otherRow(agent: AgentStatus, { sign, line }: SignedRow, style: Style): string {
  return `${NO_MARK}${paint(sign, colourOf(agent), style)} ${line}`;
}

function nobody({ filter }: Model): string {
  if (filter !== "") return `No agent has "${filter}" in its name or state: Esc drops the filter.`;
  return "No agents: define them in hearth.toml, or run `hearth run --name NAME -- COMMAND`.";
}

const HEAD: readonly Cell[] = ["AGENT", "STATE", "UPTIME", "RESTARTS", "LAST BEAT", "WAITS FOR"].map((text) => ({
  text,
  colour: "bold",
}));

/** Columns keep their widths, whatever stands in the rows that are seen. */
const STATE_COLUMNS = 8;
const UPTIME_COLUMNS = 7;
const BEAT_COLUMNS = 11;

/** In the order of their worth, since those on the right are the first to go where it is narrow. */
function cellsOf(
  agent: AgentStatus,
  { nameColumns, now }: { readonly nameColumns: number; readonly now: number },
): Cell[] {
  const { startedAt, lastBeat, restarts } = agent;
  const uptime = startedAt === null ? "-" : formatDuration(now - Date.parse(startedAt));
  return [
    { text: plain(agent.agent).padEnd(nameColumns) },
    { text: agent.state.padEnd(STATE_COLUMNS), colour: colourOf(agent) },
    { text: uptime.padEnd(UPTIME_COLUMNS) },
    { text: String(restarts) },
    { text: (lastBeat === null ? "-" : formatAge(lastBeat, now)).padEnd(BEAT_COLUMNS) },
    { text: waitsFor(agent, now) },
  ];
}

/** What has to happen before something changes; the daemon is only waited for, and people are. */
function waitsFor({ state, ready, waitingFor, backoffUntil, lastExit }: AgentStatus, now: number): string {
  if (waitingFor.length > 0) return waitingFor.map(plain).join(", ");
  switch (state) {
    case "running":
      return ready ? "" : "being ready";
    case "backoff":
      return backoffUntil === null ? "" : `next try in ${formatDuration(Date.parse(backoffUntil) - now)}`;
    case "stopping":
      return "its processes to end";
    case "failed":
      return `a reset${lastExit === null ? "" : `: ${plain(lastExit.reason)}`}`;
    default:
      return "";
  }
}
