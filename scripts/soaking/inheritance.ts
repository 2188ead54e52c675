// Judges whether each session was handed what its predecessors left for it, by the diaries of one agent.
import type { RequestState } from "../../protocol/lifecycle.js";
import type { Diary, Entry } from "./diary.js";

/** What became of the request with this tag; undefined: there is none, it never reached the daemon. */
export type OutcomeOf = (tag: string) => RequestState | undefined;

/** What may be waiting for the next session: one of these, null for nothing. */
type Possible = ReadonlySet<string | null>;

/** Faults in the handoffs of one agent, whose handoffs nobody but itself leaves or discards. */
export function faultsOfInheritance(diaries: readonly Diary[], outcomeOf: OutcomeOf): string[] {
  const faults: string[] = [];
  let possible: Possible = new Set([null]);
  for (const { incarnation, entries } of diaries) {
    for (const entry of entries) {
      if (entry.did === "inherit" && !possible.has(entry.handoff)) {
        faults.push(
          `incarnation ${incarnation} was handed ${shown(entry.handoff)} instead of ${[...possible].map(shown).join(" or ")}`,
        );
      }
      possible = after(possible, entry, outcomeOf);
    }
  }
  return faults;
}

function after(possible: Possible, entry: Entry, outcomeOf: OutcomeOf): Possible {
  switch (entry.did) {
    case "inherit":
      return new Set([entry.handoff]);
    case "get-ready":
      return entry.stage === "answered" ? new Set([null]) : new Set([...possible, null]);
    case "put":
      return entry.stage === "answered" ? new Set([entry.handoff]) : new Set([...possible, entry.handoff]);
    case "ask":
      return hasBegun(outcomeOf(entry.tag)) ? new Set([entry.action === "cycle" ? entry.tag : null]) : possible;
    default:
      return possible;
  }
}

/** One that was superseded was never begun: its handoff is offered to nobody. */
function hasBegun(outcome: RequestState | undefined): boolean {
  return outcome === "running" || outcome === "done" || outcome === "failed";
}

function shown(handoff: string | null): string {
  return handoff === null ? "nothing" : JSON.stringify(handoff);
}
