// Accepts lifecycle requests, keeps them, and carries out each exactly once, in order for each agent.
import { createHash } from "node:crypto";
import { type HearthError, invalidParams, limitReached, noSuchRequest, shuttingDown } from "../../protocol/errors.js";
import type { LifecycleAction, RequestState } from "../../protocol/lifecycle.js";
import type { Limits } from "../../protocol/limits.js";
import type { Store } from "../storage/store.js";
import { Ages } from "./ages.js";
import type { Clock } from "./clock.js";
import type { Handoffs } from "./handoffs.js";
import { isOpen, judge, type RequestRecord, type Verdict } from "./lifecycle.js";
import type { AgentEvent, AgentState } from "./machine.js";
import { onDisk } from "./on-disk.js";

/** A request whose `requestedAt` is further ahead than this is refused, in milliseconds. */
const MAX_AHEAD_MS = 5 * 60_000;
/** How long an ended request with a key is remembered, in milliseconds. */
const KEY_REMEMBERED_MS = 6 * 60 * 60_000;
/** Ended requests without a key that are remembered. */
const MAX_ENDED = 1_000;
/** Pause before a record that the disk refused is tried again, in milliseconds. */
const RECORD_AGAIN_MS = 1_000;

/** What somebody asks for; who asks has been proved. */
export interface Wish {
  readonly from: string;
  readonly fromIncarnation: number | null;
  readonly agent: string;
  readonly action: LifecycleAction;
  readonly reason: string | null;
  readonly key: string | null;
  readonly handoff: string | null;
  /** Unix milliseconds; null: now. */
  readonly requestedAt: number | null;
}

export interface QueueWorld {
  readonly clock: Clock;
  readonly store: Store;
  readonly handoffs: Handoffs;
  readonly newId: () => string;
  readonly maxAgeMs: () => number;
  /** Requests of one agent that may wait, and requests with a key that may be remembered. */
  readonly limits: () => Pick<Limits, "queuedRequests" | "keyedRequests">;
  /** The state of an agent; undefined when there is none of that name, or it is being removed. */
  stateOf(agent: string): AgentState | undefined;
  dispatch(agent: string, event: AgentEvent): void;
  /**
   * Asks an agent for a handoff; resolves when it has handed over, can't be asked, or its time is up. Never rejects.
   */
  solicit(agent: string, reason: string | null): Promise<void>;
  announce(request: RequestRecord): void;
  report(what: string, error: unknown): void;
}

export class RequestQueue {
  readonly #world: QueueWorld;
  readonly #requests = new Map<string, RequestRecord>();
  /** Ids of the open requests of each agent, in order. */
  readonly #open = new Map<string, string[]>();
  readonly #watchers = new Map<string, Set<() => void>>();
  /** Running requests whose record the kernel has: only these are acted upon, since the next daemon must know them. */
  readonly #recorded = new Set<string>();
  /** Requests whose agent is being asked for a handoff, or has been. */
  readonly #solicited = new Map<string, "asking" | "asked">();
  /** Ended requests in the order of their ends: those without a key, and those with one. */
  readonly #ended: string[] = [];
  readonly #endedKeyed: string[] = [];
  /** Ids of the requests that have a key, by asker, agent and key. */
  readonly #keys = new Map<string, string>();
  /** Requests with a key that are on their way to the disk. */
  readonly #arriving = new Map<string, Promise<unknown>>();
  /** How many requests of each agent are on their way to the disk: they count among those that wait. */
  readonly #coming = new Map<string, number>();
  /** Of open requests, since they were asked for. */
  readonly #ages: Ages;
  /** Of ended ones. */
  readonly #sinceEnd: Ages;
  #lastOrder = 0;
  #stopped = false;

  constructor(world: QueueWorld) {
    this.#world = world;
    this.#ages = new Ages(world.clock);
    this.#sinceEnd = new Ages(world.clock);
    const records = [...world.store.entries("request").values()] as RequestRecord[];
    for (const record of records.sort((a, b) => a.order - b.order)) this.#admit(record);
  }

  /**
   * Takes a request down; it is on disk when this resolves. Nothing has been done about it yet: see `advance`.
   * @throws HearthError `invalid-params`, `limit-reached`, `storage-unavailable`, `shutting-down`
   */
  async accept(wish: Wish): Promise<RequestRecord> {
    if (this.#stopped) throw shuttingDown();
    if (wish.key === null) return this.#takeDown(wish);
    const key = keyOf(wish);
    for (let first = this.#arriving.get(key); first !== undefined; first = this.#arriving.get(key)) {
      await first.catch(() => {});
    }
    const arriving = this.#takeDown(wish).finally(() => this.#arriving.delete(key));
    this.#arriving.set(key, arriving);
    return arriving;
  }

  async #takeDown(wish: Wish): Promise<RequestRecord> {
    const now = this.#world.clock.wall();
    const requestedAt = wish.requestedAt ?? now;
    if (requestedAt > now + MAX_AHEAD_MS) throw invalidParams("requestedAt: more than 5 minutes in the future");
    const known = this.#sameKey(wish);
    if (known !== undefined) return repeated(known, wish);
    const arrived = this.#takePlace(wish.agent);
    try {
      return await this.#bringIn(wish, { now, requestedAt, ageMs: now - requestedAt });
    } finally {
      arrived();
    }
  }

  /** Holds a place among the requests of an agent until it is taken. */
  #takePlace(agent: string): () => void {
    const { queuedRequests } = this.#world.limits();
    const coming = this.#coming.get(agent) ?? 0;
    if ((this.#open.get(agent)?.length ?? 0) + coming >= queuedRequests) throw tooManyOpen(queuedRequests);
    this.#coming.set(agent, coming + 1);
    return () => {
      const others = (this.#coming.get(agent) ?? 1) - 1;
      if (others === 0) this.#coming.delete(agent);
      else this.#coming.set(agent, others);
    };
  }

  async #bringIn(
    wish: Wish,
    { now, requestedAt, ageMs }: { readonly now: number; readonly requestedAt: number; readonly ageMs: number },
  ): Promise<RequestRecord> {
    const handoff = await this.#keepInTurn(wish);
    const isExpired = ageMs > this.#world.maxAgeMs();
    const record: RequestRecord = {
      id: this.#world.newId(),
      order: ++this.#lastOrder,
      from: wish.from,
      fromIncarnation: wish.fromIncarnation,
      agent: wish.agent,
      action: wish.action,
      reason: wish.reason,
      key: wish.key,
      handoff,
      handoffDigest: digest(wish.handoff),
      requestedAt,
      state: isExpired ? "expired" : "accepted",
      before: null,
      hadSession: false,
      acted: false,
      after: null,
      error: null,
      endedAt: isExpired ? now : null,
    };
    await this.#acknowledge(record);
    this.#ages.begin(record.id, ageMs);
    this.#admit(record);
    this.#world.announce(record);
    return record;
  }

  /** In turn, so that requests stay in the order they came in, whichever has a handoff. */
  #keepInTurn({ agent, handoff }: Wish): Promise<string | null> {
    const { handoffs } = this.#world;
    return handoffs.inTurn(agent, () => (handoff === null ? null : onDisk(handoffs.keep(agent, handoff))));
  }

  /** What was refused must not be carried out by the next daemon. */
  async #acknowledge(record: RequestRecord): Promise<void> {
    const { store, handoffs } = this.#world;
    store.put("request", record.id, record);
    try {
      await onDisk(store.durable());
    } catch (error) {
      store.put("request", record.id, null);
      if (record.handoff !== null) handoffs.letGo(record.handoff);
      throw error;
    }
  }

  /** @throws HearthError `no-such-request` */
  get(id: string): RequestRecord {
    const record = this.#requests.get(id);
    if (record === undefined) throw noSuchRequest(id);
    return record;
  }

  /** True while a request of this agent is being carried out. */
  isUnderWay(agent: string): boolean {
    const [id] = this.#open.get(agent) ?? [];
    return id !== undefined && this.get(id).state === "running";
  }

  /** The latest first. */
  list(filter: {
    readonly isMeant: (agent: string) => boolean;
    readonly state: RequestState | undefined;
    readonly limit: number;
  }): readonly RequestRecord[] {
    const { isMeant, state, limit } = filter;
    const fitting = [...this.#requests.values()].filter(
      (each) => isMeant(each.agent) && (state === undefined || each.state === state),
    );
    return fitting.reverse().slice(0, limit);
  }

  /** Resolves with the request once it has reached a final state. */
  async ended(id: string, signal: AbortSignal): Promise<RequestRecord> {
    if (!isOpen(this.get(id))) return this.get(id);
    signal.throwIfAborted();
    await new Promise<void>((resolve, reject) => {
      const watchers = this.#watchers.get(id) ?? new Set();
      this.#watchers.set(id, watchers.add(resolve));
      signal.addEventListener("abort", () => {
        watchers.delete(resolve);
        reject(signal.reason);
      });
    });
    return this.get(id);
  }

  /** Looks at the first open request of an agent, and carries out whatever can be: after accepting, and when its agent has moved. */
  advance(agent: string): void {
    if (this.#stopped) return;
    for (let id = this.#open.get(agent)?.[0]; id !== undefined; id = this.#open.get(agent)?.[0]) {
      if (!this.#advanceOne(this.get(id))) return;
    }
  }

  /** Takes nothing more and does nothing more: what is open is the next daemon's. */
  stop(): void {
    this.#stopped = true;
  }

  /** Takes up what an earlier daemon left open. */
  recover(): void {
    for (const agent of [...this.#open.keys()]) this.advance(agent);
  }

  /** True when the request has ended and the next one is to be looked at. */
  #advanceOne(request: RequestRecord): boolean {
    const state = this.#world.stateOf(request.agent);
    if (state === undefined) return this.#end(request, { kind: "end", state: "failed", error: GONE });
    const verdict = judge(request, state, {
      ageMs: this.#ages.of(request.id, request.requestedAt),
      maxAgeMs: this.#world.maxAgeMs(),
    });
    switch (verdict.kind) {
      case "wait":
        return false;
      case "begin":
        this.#begin(request, state);
        return false;
      case "restart":
        return this.#restart(request);
      case "stop":
        return this.#act(request, { type: "stop", remember: true });
      case "end":
        return this.#end(request, verdict);
    }
  }

  #begin(request: RequestRecord, state: AgentState): void {
    const { handoffs } = this.#world;
    const begun: RequestRecord = {
      ...request,
      state: "running",
      before: state.incarnation,
      hadSession: state.session !== null,
    };
    if (request.handoff !== null) handoffs.offer(request.agent, request.handoff, state.incarnation);
    if (request.action === "restart") handoffs.discard(request.agent);
    this.#record(begun);
    this.#onceRecorded(request);
  }

  /** A full disk delays a request that was accepted, but does not lose it. */
  #onceRecorded(request: RequestRecord): void {
    this.#world.store.written().then(
      () => {
        this.#recorded.add(request.id);
        this.advance(request.agent);
      },
      () => this.#world.clock.after(RECORD_AGAIN_MS, () => this.#onceRecorded(request)),
    );
  }

  #restart(request: RequestRecord): boolean {
    if (this.#mustSolicit(request)) {
      this.#solicit(request);
      return false;
    }
    if (this.#solicited.get(request.id) === "asking") return false;
    if (!request.acted && this.#recorded.has(request.id)) this.#keep({ ...request, acted: true });
    return this.#act(request, { type: "restart" });
  }

  /** A cycle that somebody else asks for, without a handoff of its own, lets the agent leave one. */
  #mustSolicit(request: RequestRecord): boolean {
    const { action, from, agent, handoff, hadSession, id } = request;
    return action === "cycle" && from !== agent && handoff === null && hadSession && !this.#solicited.has(id);
  }

  #solicit({ id, agent, reason }: RequestRecord): void {
    this.#solicited.set(id, "asking");
    this.#world.solicit(agent, reason).then(
      () => {
        this.#solicited.set(id, "asked");
        this.advance(agent);
      },
      (error: unknown) => this.#world.report("asking for a handoff failed", error),
    );
  }

  /** True when that alone ended the request. */
  #act(request: RequestRecord, event: AgentEvent): boolean {
    if (!this.#recorded.has(request.id)) return false;
    this.#world.dispatch(request.agent, event);
    return !isOpen(this.get(request.id));
  }

  #end(request: RequestRecord, verdict: Extract<Verdict, { kind: "end" }>): boolean {
    const ended: RequestRecord = {
      ...request,
      state: verdict.state,
      after: verdict.state === "done" ? verdict.after : null,
      error: verdict.state === "failed" ? verdict.error : null,
      endedAt: this.#world.clock.wall(),
    };
    this.#record(ended);
    if (ended.action === "shutdown" && ended.state === "done") this.#supersedeRest(ended);
    this.#forgetOld();
    return true;
  }

  /** A shutdown supersedes what waits behind it. */
  #supersedeRest({ agent }: RequestRecord): void {
    for (const id of [...(this.#open.get(agent) ?? [])]) {
      this.#record({ ...this.get(id), state: "superseded", endedAt: this.#world.clock.wall() });
    }
  }

  #keep(record: RequestRecord): void {
    this.#world.store.put("request", record.id, record);
    this.#requests.set(record.id, record);
  }

  #record(record: RequestRecord): void {
    this.#keep(record);
    if (!isOpen(record)) this.#close(record);
    this.#world.announce(record);
  }

  #admit(record: RequestRecord): void {
    this.#lastOrder = Math.max(this.#lastOrder, record.order);
    this.#requests.set(record.id, record);
    if (record.key !== null) this.#keys.set(keyOf(record), record.id);
    if (!isOpen(record)) {
      this.#remember(record);
      return;
    }
    if (record.state === "running") this.#recorded.add(record.id);
    else if (record.handoff !== null) this.#world.handoffs.hold(record.handoff);
    this.#open.set(record.agent, [...(this.#open.get(record.agent) ?? []), record.id]);
  }

  #remember({ id, key }: RequestRecord): void {
    (key === null ? this.#ended : this.#endedKeyed).push(id);
  }

  #close(record: RequestRecord): void {
    const { agent, id } = record;
    this.#remember(record);
    if (record.handoff !== null) this.#world.handoffs.letGo(record.handoff);
    const rest = (this.#open.get(agent) ?? []).filter((each) => each !== id);
    if (rest.length === 0) this.#open.delete(agent);
    else this.#open.set(agent, rest);
    this.#recorded.delete(id);
    this.#solicited.delete(id);
    this.#ages.forget(id);
    this.#sinceEnd.begin(id, 0);
    for (const watcher of this.#watchers.get(id) ?? []) watcher();
    this.#watchers.delete(id);
  }

  #sameKey(wish: Wish): RequestRecord | undefined {
    if (wish.key === null) return undefined;
    this.#forgetOld();
    const id = this.#keys.get(keyOf(wish));
    const { keyedRequests } = this.#world.limits();
    if (id === undefined && this.#keys.size + this.#arriving.size >= keyedRequests) throw tooManyKeyed(keyedRequests);
    return id === undefined ? undefined : this.get(id);
  }

  #forgetOld(): void {
    while (this.#ended.length > MAX_ENDED) this.#forget(this.#ended.shift());
    const isOld = (id: string): boolean => this.#sinceEnd.of(id, this.get(id).endedAt ?? 0) > KEY_REMEMBERED_MS;
    while (this.#endedKeyed[0] !== undefined && isOld(this.#endedKeyed[0])) this.#forget(this.#endedKeyed.shift());
  }

  #forget(id: string | undefined): void {
    const record = id === undefined ? undefined : this.#requests.get(id);
    if (record === undefined) return;
    this.#requests.delete(record.id);
    this.#sinceEnd.forget(record.id);
    if (record.key !== null) this.#keys.delete(keyOf(record));
    this.#world.store.put("request", record.id, null);
  }
}

/** A key counts for one asker and one agent; none of the three contains a NUL. */
function keyOf({ from, agent, key }: Pick<RequestRecord, "from" | "agent" | "key">): string {
  return `${from}\0${agent}\0${key}`;
}

function tooManyOpen(limit: number): HearthError {
  const way = { instead: "Ask again when some of them have ended", key: "queued_requests" };
  return limitReached(`At most ${limit} requests of one agent wait.`, way);
}

function tooManyKeyed(limit: number): HearthError {
  const way = { instead: "Ask without a key", key: "keyed_requests" };
  return limitReached(`At most ${limit} requests with a key are remembered.`, way);
}

const GONE = { kind: "no-such-agent", message: "the agent was removed" };

/** @throws HearthError `invalid-params` when it is not the same wish */
function repeated(known: RequestRecord, wish: Wish): RequestRecord {
  const { action, reason, handoffDigest } = known;
  const isSame = action === wish.action && reason === wish.reason && handoffDigest === digest(wish.handoff);
  if (!isSame) throw invalidParams("key: it was used with other params");
  return known;
}

function digest(text: string | null): string | null {
  return text === null ? null : createHash("sha256").update(text).digest("hex");
}
