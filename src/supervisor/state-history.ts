// Remembers which states an agent was in during the last hour, minute by minute: a few bytes for an agent at rest.
import type { Status } from "./machine.js";

/**
 * A mark for each minute in which the state changed, and one for the state before these. A mark is a number: the minute
 * of the system's monotonic clock, one bit for each state entered in it, and the state it ended with. So an agent that
 * changes without end takes no more than one number a minute, and what happened is not lost among what happens often.
 */
export type StateHistory = readonly number[];

/** The states entered within one minute, the one that was left last; times are milliseconds of the monotonic clock. */
export interface StateChange {
  readonly at: number;
  readonly states: readonly Status[];
}

/** How long a change is remembered, in milliseconds. */
export const HISTORY_MS = 3_600_000;

const MINUTE_MS = 60_000;
const MINUTES_KEPT = HISTORY_MS / MINUTE_MS;

/** Journals hold the places of these: a further state goes to the end, and none may go. */
const STATES = ["stopped", "starting", "running", "stopping", "backoff", "failed"] as const satisfies Status[];
/** Room for more states than there are. */
const STATE_PLACES = 8;
const ENTERED_PLACES = 2 ** STATE_PLACES;
const MINUTE_PLACE = STATE_PLACES * ENTERED_PLACES;

/** The history once an agent is in this state; the same one when that is nothing new. */
export function noteState(history: StateHistory, status: Status, now: number): StateHistory {
  const minute = Math.floor(now / MINUTE_MS);
  const last = history.at(-1);
  if (last !== undefined && stateOf(last) === status) return history;
  if (last !== undefined && minuteOf(last) === minute) return [...history.slice(0, -1), mark(minute, status, last)];
  return [...remembered(history, minute), mark(minute, status)];
}

/** What is remembered of the last hour, in order; the first of them may have been there before. */
export function changesOf(history: StateHistory, now: number): StateChange[] {
  const from = now - HISTORY_MS;
  return remembered(history, Math.floor(now / MINUTE_MS)).map((each) => {
    const at = minuteOf(each) * MINUTE_MS;
    return at < from ? { at: from, states: [stateOf(each)] } : { at, states: statesOf(each) };
  });
}

/** The history that a record holds; none when there is none to be read. It is worth no agent's record. */
export function readHistory(value: unknown): StateHistory {
  return Array.isArray(value) && value.every(isMark) && isInOrder(value) ? value : [];
}

/** All of the last hour, and the state that it began with. */
function remembered(history: StateHistory, minute: number): StateHistory {
  const firstWithin = history.findIndex((each) => minuteOf(each) > minute - MINUTES_KEPT);
  if (firstWithin === -1) return history.slice(-1);
  return history.slice(Math.max(0, firstWithin - 1));
}

function mark(minute: number, status: Status, earlier = 0): number {
  const state = STATES.indexOf(status);
  return minute * MINUTE_PLACE + (enteredOf(earlier) | (1 << state)) * STATE_PLACES + state;
}

function minuteOf(mark: number): number {
  return Math.floor(mark / MINUTE_PLACE);
}

function enteredOf(mark: number): number {
  return Math.floor(mark / STATE_PLACES) % ENTERED_PLACES;
}

function stateOf(mark: number): Status {
  return STATES[mark % STATE_PLACES] ?? "stopped";
}

function statesOf(mark: number): Status[] {
  const last = stateOf(mark);
  return [...STATES.filter((state, place) => state !== last && (enteredOf(mark) & (1 << place)) !== 0), last];
}

function isMark(value: unknown): value is number {
  return Number.isSafeInteger(value) && Number(value) >= 0 && Number(value) % STATE_PLACES < STATES.length;
}

function isInOrder(marks: readonly number[]): boolean {
  return marks.every((each, index) => index === 0 || minuteOf(each) > minuteOf(marks[index - 1] ?? 0));
}
