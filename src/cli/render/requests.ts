// Lifecycle requests for people: one in a line, or many in a table.
import type { LifecycleRequest } from "../../../protocol/methods.js";
import { formatAge } from "./duration.js";
import { type Cell, renderTable } from "./table.js";
import { type Colour, plain, type Style } from "./text.js";
import { clipToWidth } from "./width.js";

const HEAD = ["ID", "AGENT", "ACTION", "STATE", "FROM", "ASKED", "REASON"];

/** Enough of an id to tell requests apart; --json has all of it. */
const ID_COLUMNS = 9;

const COLOURS: Readonly<Record<LifecycleRequest["state"], Colour>> = {
  accepted: "yellow",
  running: "yellow",
  done: "green",
  failed: "red",
  expired: "red",
  superseded: "dim",
};

/** Whether a request may still change. */
export function isOpen({ state }: LifecycleRequest): boolean {
  return state === "accepted" || state === "running";
}

/** "mayor: cycle is done, incarnation 4 to 5 (request r-4)". */
export function renderRequest(request: LifecycleRequest): string {
  return `${plain(request.agent)}: ${request.action} ${outcome(request)} (request ${plain(request.id)})`;
}

/** One row for each request; `now` in unix milliseconds. */
export function renderRequests(
  requests: readonly LifecycleRequest[],
  style: Style,
  { now }: { readonly now: number },
): string[] {
  if (requests.length === 0) return ["No requests."];
  const head = HEAD.map((text): Cell => ({ text, colour: "bold" }));
  return renderTable([head, ...requests.map((request) => toRow(request, now))], style);
}

function outcome({ state, incarnation: { before, after }, error }: LifecycleRequest): string {
  const why = error === undefined ? "" : `: ${plain(error.message)}`;
  if (state === "failed") return `failed${why}`;
  const incarnations = state === "done" && after !== null ? `, incarnation ${before ?? 0} to ${after}` : "";
  return `is ${state}${incarnations}${why}`;
}

function toRow(request: LifecycleRequest, now: number): Cell[] {
  const { id, agent, action, state, from, requestedAt, reason, error } = request;
  return [
    { text: clipToWidth(plain(id), ID_COLUMNS) },
    { text: plain(agent) },
    { text: action },
    { text: state, colour: COLOURS[state] },
    { text: plain(from) },
    { text: formatAge(requestedAt, now) },
    { text: plain(error?.message ?? reason ?? "-") },
  ];
}
