// One session of processes: from its leader's end, or the first signal, to the moment nothing of it is left.
import type { Pause } from "../logs/stillness.js";
import type { Gate } from "./gate.js";
import { holdStill, type Writers } from "./hold-still.js";
import { isAlive, signalGroup, signalProcess } from "./identity.js";
import { markEnd } from "./marks.js";
import { type Members, membersOf } from "./members.js";
import type { Owner, ProcessEntry } from "./process-entry.js";
import type { ProcessTable } from "./process-table.js";
import { withinReleaseTime } from "./release-time.js";
import type { Scan } from "./scanner.js";
import {
  type Exit,
  HoldStillError,
  type PokeOutcome,
  type ProcessIdentity,
  type Session,
  type SessionEvents,
  type SessionRef,
} from "./session.js";
import type { Watch } from "./vital-signs.js";
import { signalHere } from "./ways.js";
import { type ForkCount, readYounger } from "./young-processes.js";

/** Time between two looks at a session that is being emptied: it doubles from the first to the last. */
const FIRST_LOOK_MS = 2;
const LAST_LOOK_MS = 100;

/** Signals that ask a process to end. A stopped process would get them only once it is continued, so it is. */
const ENDING: ReadonlySet<NodeJS.Signals> = new Set(["SIGTERM", "SIGINT", "SIGHUP", "SIGQUIT"]);

/** What sessions share. */
export interface SessionSurroundings {
  readonly scan: Scan;
  readonly countForks: () => ForkCount;
}

/** What makes one session. */
export interface SessionParts {
  readonly ref: SessionRef;
  readonly owner: Owner;
  readonly events: SessionEvents;
  /** True once the gate let the command run. */
  hasRun(): boolean;
  /** Writes a message to its standard input; null when there is none to write to. */
  readonly writeStdin: ((message: string) => PokeOutcome) | null;
  /** False when nothing tells it to end, so that waiting for it would be in vain; left out: signals do. */
  readonly canBeAsked?: () => boolean;
  /** Finds who writes to its log; null when all of its processes do. */
  readonly findWriters: (() => Promise<LogWriters>) | null;
}

/** The live processes that write to a session's log. */
export type LogWriters = Pick<Members, "entries" | "areAll">;

/** How the session is tied to its leader. */
export type Leader =
  /** Our child, whose end is told by itself; `forksBefore` was counted before it was started. */
  | { readonly kind: "child"; readonly gate: Gate; readonly forksBefore: ForkCount }
  /** Started by an earlier daemon: its end has to be looked for. */
  | { readonly kind: "adopted"; readonly watch: Watch }
  /** It died while nobody looked; only leftovers remain. */
  | { readonly kind: "gone" };

/** The leader lives, only others are left, or nothing is left to do. */
type Phase = "led" | "leftovers" | "over";

export class ProcessSession implements Session {
  readonly ref: SessionRef;
  readonly #parts: SessionParts;
  readonly #surroundings: SessionSurroundings;
  #leader: Leader = { kind: "gone" };
  #phase: Phase = "leftovers";
  /** What is done to the processes is done one after the other. */
  #work: Promise<void> = Promise.resolve();
  #trustGroup = false;
  #ran = false;
  /** What its processes were asked to end with, once they have been. */
  #asked: NodeJS.Signals | null = null;
  #relentless = false;
  #known: readonly ProcessEntry[] = [];
  #nextLookMs = FIRST_LOOK_MS;
  #timer: NodeJS.Timeout | null = null;

  /** A session without a leader; `lead` gives it one. */
  constructor(parts: SessionParts, surroundings: SessionSurroundings) {
    this.ref = parts.ref;
    this.#parts = parts;
    this.#surroundings = surroundings;
  }

  /** From here on the leader is alive until `leaderEnded`. */
  lead(leader: Leader): void {
    this.#leader = leader;
    this.#phase = "led";
    this.#trustGroup = true;
    this.noteRun();
  }

  /** Looks for the mark while it is there: whoever deletes it later doesn't unmake what ran. True when it ran. */
  noteRun(): boolean {
    this.#ran ||= this.#parts.hasRun();
    return this.#ran;
  }

  /** To be called once, when the leader is seen to have ended. */
  leaderEnded(exit: Exit): void {
    this.#enqueue(() => this.#reportExit(exit));
  }

  async release(): Promise<void> {
    if (this.#leader.kind !== "child") throw new Error("only a session that was just started can be released");
    await withinReleaseTime(this.#leader.gate.open(markEnd(this.ref.identity)));
    if (!this.noteRun()) throw new Error("the gate ended before the command could run");
  }

  signal(signal: NodeJS.Signals): void {
    if (this.#parts.canBeAsked?.() === false) this.kill();
    else this.#ask(signal);
  }

  notify(signal: NodeJS.Signals): boolean {
    const own = signalHere(signal);
    if (own === null) return false;
    this.#enqueue(async () => {
      await signalProcess(this.ref.identity, own);
    });
    return true;
  }

  kill(): void {
    this.#relentless = true;
    this.#ask("SIGKILL");
  }

  async poke(message: string): Promise<PokeOutcome> {
    return this.#parts.writeStdin?.(message) ?? { delivered: false, detail: "it has no standard input for pokes" };
  }

  /** A process has no terminal. */
  async capture(): Promise<null> {
    return null;
  }

  holdStill(pause: Pause): Promise<void> {
    const held = this.#work.then(() => this.#holdStill(pause));
    this.#work = held.catch(() => {});
    return held;
  }

  forget(): void {
    this.#phase = "over";
    this.#letGo();
  }

  /** True while anything of the session lives. */
  async hasMembers(): Promise<boolean> {
    return !isEmpty(await this.#members());
  }

  #ask(signal: NodeJS.Signals): void {
    this.#asked = signal;
    this.#enqueue(() => this.#send(signal));
  }

  #enqueue(task: () => Promise<void>): void {
    this.#work = this.#work.then(async () => {
      if (this.#isOver()) return;
      await task();
      this.#scheduleLook();
    });
  }

  async #holdStill(pause: Pause): Promise<void> {
    const isLed = this.#phase === "led" && (await isAlive(this.ref.identity));
    if (!isLed) throw new HoldStillError("ended", "the session has ended");
    await holdStill(pause, () => this.#writers());
  }

  async #writers(): Promise<Writers> {
    const { entries, areAll } = await (this.#parts.findWriters?.() ?? this.#members());
    const found = entries.map((entry) => ({ identity: this.#identityOf(entry), parentPid: entry.ppid }));
    return { found, areAll };
  }

  async #reportExit(exit: Exit): Promise<void> {
    const ran = this.noteRun();
    const before = this.#known;
    const members = ran ? (this.#youngMembers() ?? (await this.#members())) : null;
    const empty = members === null || isEmpty(members);
    if (this.#isOver()) return;
    if (members !== null) await this.#askNew(members, before);
    if (this.#isOver()) return;
    this.#phase = empty ? "over" : "leftovers";
    this.#nextLookMs = FIRST_LOOK_MS;
    if (empty) this.#letGo();
    this.#parts.events.exited(exit, { ran, empty });
  }

  async #send(signal: NodeJS.Signals): Promise<void> {
    const members = await this.#members();
    if (this.#isOver()) return;
    await this.#askAll(members, signal);
  }

  async #askAll(members: Members, signal = this.#asked): Promise<void> {
    if (signal === null) return;
    await this.#signalAll(members, signal);
    if (ENDING.has(signal)) await this.#signalAll(members, "SIGCONT");
  }

  async #signalAll({ entries, group }: Members, signal: NodeJS.Signals): Promise<void> {
    const { pid: pgid } = this.ref.identity;
    const inGroup = entries.filter((entry) => entry.pgid === pgid);
    // One call reaches a whole group at one moment, so nobody in it can fork away from the signal.
    const reached = group && signalGroup(pgid, inGroup, signal);
    const others = reached ? entries.filter((entry) => entry.pgid !== pgid) : entries;
    await Promise.all(others.map((entry) => signalProcess(this.#identityOf(entry), signal)));
  }

  #scheduleLook(): void {
    // A child's end comes by itself; a bomb of forks has to be swept again and again before it.
    const waitsForChild = this.#phase === "led" && this.#leader.kind === "child" && !this.#relentless;
    if (this.#asked === null || this.#timer !== null || waitsForChild || this.#isOver()) return;
    this.#timer = setTimeout(() => {
      this.#timer = null;
      this.#enqueue(() => this.#look());
    }, this.#nextLookMs);
    this.#nextLookMs = Math.min(this.#nextLookMs * 2, LAST_LOOK_MS);
  }

  async #look(): Promise<void> {
    if (this.#phase === "led" && this.#leader.kind === "adopted") await this.#leader.watch.look();
    if (!this.#relentless && (this.#phase === "led" || (await this.#anyKnownAlive()))) return;
    const before = this.#known;
    const members = await this.#members();
    if (this.#isOver()) return;
    if (this.#relentless) await this.#signalAll(members, "SIGKILL");
    await this.#askNew(members, before);
    if (this.#phase === "leftovers" && isEmpty(members)) this.#reportEmptied();
  }

  /** One that was in the middle of its exec(2) had no environment to be known by when the others were asked. */
  async #askNew(members: Members, before: readonly ProcessEntry[]): Promise<void> {
    const pids = new Set(before.map(({ pid }) => pid));
    const entries = members.entries.filter(({ pid }) => !pids.has(pid));
    if (entries.length === 0) return;
    // As long as new ones keep coming, waiting longer would only let more of them come.
    this.#nextLookMs = FIRST_LOOK_MS;
    if (!this.#relentless) await this.#askAll({ ...members, entries, group: false });
  }

  #reportEmptied(): void {
    this.#phase = "over";
    this.#letGo();
    this.#parts.events.emptied();
  }

  /** Looking at those seen last is cheaper than at the whole machine. */
  async #anyKnownAlive(): Promise<boolean> {
    for (const entry of this.#known) if (await isAlive(this.#identityOf(entry))) return true;
    return false;
  }

  async #members(): Promise<Members> {
    return this.#membersIn(await this.#surroundings.scan(Number(this.ref.identity.start)));
  }

  /**
   * The look after a crash is on the way to the restart, so it reads as little as it can; null when that is too little.
   * Sessions that are stopped end in crowds, and share a whole reading.
   */
  #youngMembers(): Members | null {
    if (this.#leader.kind !== "child" || this.#asked !== null) return null;
    const table = readYounger(this.ref.identity.pid, this.#leader.forksBefore, this.#surroundings.countForks());
    return table === null ? null : this.#membersIn(table);
  }

  #membersIn(table: ProcessTable): Members {
    const { identity: leader, elders } = this.ref;
    const traits = { leader, owner: this.#parts.owner, trustGroup: this.#trustGroup, elders, known: this.#known };
    const members = membersOf(table, traits);
    this.#known = members.entries;
    // The number of a group that has ended is free for others.
    if (this.#phase !== "led" && !members.group) this.#trustGroup = false;
    return members;
  }

  #identityOf({ pid, start }: ProcessEntry): ProcessIdentity {
    return { ...this.ref.identity, pid, start };
  }

  #isOver(): boolean {
    return this.#phase === "over";
  }

  #letGo(): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
    this.#known = [];
    if (this.#leader.kind === "child") this.#leader.gate.abandon();
    if (this.#leader.kind === "adopted") this.#leader.watch.stop();
  }
}

function isEmpty({ entries, group, areAll }: Members): boolean {
  return areAll && entries.length === 0 && !group;
}
