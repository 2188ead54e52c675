// What a leading daemon stands on: its log, its events, its health and its durable state.
import type { Writable } from "node:stream";
import { EventHub } from "../server/event-hub.js";
import type { LimitsInForce } from "../server/limits.js";
import { openStore } from "../storage/file-store.js";
import { type Clock, systemClock } from "../supervisor/clock.js";
import { takeEvents } from "./event-handover.js";
import { FencedStore } from "./fenced-store.js";
import { type Health, trackHealth } from "./health.js";
import type { Leadership } from "./lock.js";
import { type DaemonLog, openDaemonLog } from "./log.js";
import type { Surroundings } from "./surroundings.js";

export interface Foundation {
  readonly clock: Clock;
  readonly log: DaemonLog;
  readonly hub: EventHub;
  readonly health: Health;
  readonly store: FencedStore;
  /** Something went wrong that no caller is there to hear. */
  report(what: string, error: unknown): void;
}

/** @throws NewerStateError when the state was written by a newer daemon, StateUnusableError when it can't be opened */
export async function layFoundation(
  place: Surroundings,
  leadership: Leadership,
  options: {
    readonly logMaxBytes: number;
    readonly logMaxFiles: number;
    readonly mirror: Writable | null;
    readonly limits: LimitsInForce;
  },
): Promise<Foundation> {
  const clock = systemClock;
  const log = openDaemonLog({
    file: place.files.daemonLog,
    maxBytes: options.logMaxBytes,
    maxFiles: options.logMaxFiles,
    now: clock.wall,
    ...(options.mirror === null ? {} : { mirror: options.mirror }),
  });
  const report = (what: string, error: unknown): void => {
    log.warn(what, { error: error instanceof Error ? (error.stack ?? error.message) : String(error) });
  };
  const legacy = await takeEvents(place.files.run).catch((error: unknown) => {
    report("the last daemon's events are lost", error);
    return null;
  });
  // A disk that refuses while the state is being opened is told by `daemon.status`: nobody listens yet.
  let listeners: EventHub | null = null;
  const health = trackHealth((reasons) => {
    if (reasons.length === 0) listeners?.publish({ type: "daemon.recovered", agent: null, data: {} });
    else listeners?.publish({ type: "daemon.degraded", agent: null, data: { reasons: [...reasons] } });
  });
  const opened = await openStore({
    directory: place.home,
    onFailing: (failing) => health.note("the home cannot be written to", { present: failing }),
    onCheckpointFailed: (error) => report("the checkpoint could not be written", error),
  });
  const store = new FencedStore(opened, leadership.hasLock);
  const hub = new EventHub({
    now: clock.wall,
    keep: () => options.limits.current.recentEvents,
    legacy,
    numbers: {
      after: Number(store.entries("daemon").get("events") ?? 0),
      reserve: (through) => store.put("daemon", "events", through),
    },
  });
  listeners = hub;
  for (const { file, keptAs, reason } of store.damage) {
    log.warn("a state file is damaged", { file, keptAs, reason });
    // Stays until the next daemon: what is lost does not come back.
    health.note(`${file} is damaged (${reason})${keptAs === null ? "" : ` and was kept as ${keptAs}`}`, {
      present: true,
    });
  }
  return { clock, log, hub, health, store, report };
}
