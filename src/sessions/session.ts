// The contract between the supervisor and a kind of session: a program that is started, watched, signalled and swept away.
import type { Pause } from "../logs/stillness.js";

/** What the identities of all processes of one boot (and one container) share. */
export interface Machine {
  /** The kernel's boot id; empty where there is none. */
  readonly boot: string;
  /** Start time of PID 1: a restarted container keeps its boot id but not this. */
  readonly init: string;
}

/** Identity of a process that survives PID reuse, reboots and restarted containers. */
export interface ProcessIdentity extends Machine {
  readonly pid: number;
  /** Kernel start time: on Linux field 22 of /proc/PID/stat (clock ticks since boot), elsewhere what ps-list tells. */
  readonly start: string;
}

/** What the journal keeps of a session, enough for the next daemon to find it again. */
export interface SessionRef {
  readonly kind: "process" | "tmux";
  readonly identity: ProcessIdentity;
  /** When it was started, unix milliseconds. */
  readonly startedAt: number;
  /** SHA-256 (hex) of the token in its environment. */
  readonly tokenHash: string;
  /** `elderKey` of processes that are none of it, although they may look like its own; only where start times can't be read. */
  readonly elders?: readonly string[];
}

/** How a session ended. `code` and `signal` are both null when nobody saw the exit. */
export interface Exit {
  readonly code: number | null;
  readonly signal: string | null;
  /** Unix milliseconds. */
  readonly at: number;
  /** In words: "exited with code 3", "killed by SIGKILL", "exit not observed". */
  readonly reason: string;
}

/** Everything a new session needs; `env` is complete, nothing else is inherited. */
export interface Launch {
  readonly agent: string;
  readonly incarnation: number;
  readonly command: readonly [string, ...string[]];
  readonly cwd: string;
  readonly env: Readonly<Record<string, string>>;
  /** SHA-256 (hex) of the token in `env`. */
  readonly tokenHash: string;
  /** Append-only file that becomes stdout, and stderr unless that has a file of its own. */
  readonly logFile: string;
  /** Append-only file that becomes stderr; null in a terminal, which has none. */
  readonly stderrFile: string | null;
  /** File mode creation mask; null: the daemon's own. */
  readonly umask: number | null;
  /** From -20 to 19; null: the daemon's own. */
  readonly nice: number | null;
  /** What it reads from its standard input: nothing, or the pokes of this session. A terminal reads both anyway. */
  readonly stdin: "nothing" | "pokes";
}

/** What became of one poke, truthfully: `detail` tells why it was not delivered. */
export interface PokeOutcome {
  readonly delivered: boolean;
  readonly detail?: string;
}

/** What a session tells the supervisor, each at most once and in this order. */
export interface SessionEvents {
  /**
   * The session's leader ended. `ran` is false when the gate never let the command run. `empty` is true when nothing of
   * the session is left; otherwise `emptied` follows once somebody has signalled the rest away.
   */
  exited(exit: Exit, outcome: { readonly ran: boolean; readonly empty: boolean }): void;
  /** The last process of the session is gone (zombies count as gone). */
  emptied(): void;
}

/** One live (or not yet released) session. */
export interface Session {
  readonly ref: SessionRef;
  /**
   * Lets the gated command run; resolves when the gate has made its mark and is about to exec. Rejects when the gate is gone.
   *
   * @throws ReleaseError when the gate does nothing: kill the session, or it may yet run
   */
  release(): Promise<void>;
  /** Sends a signal to every process of the session whose identity still matches; from then on the session is watched until it is empty. */
  signal(signal: NodeJS.Signals): void;
  /**
   * Sends a signal to the leader alone, as a message: nothing is expected to end. False where this system has no such
   * signal; what Windows calls by the name of one ends the leader at once.
   */
  notify(signal: NodeJS.Signals): boolean;
  /** SIGKILL to everything, again and again until nothing is left. */
  kill(): void;
  /** Brings a message to the session: to its stdin, or pasted into its terminal. Rejects only when called off. */
  poke(message: string, options: { readonly signal: AbortSignal }): Promise<PokeOutcome>;
  /** What its terminal shows: the last lines. Null for a session without one. */
  capture(options: { readonly lines: number }): Promise<readonly string[] | null>;
  /**
   * Holds everybody still who writes to its log: see `HoldStill`. Signals asked for meanwhile are sent once they go on.
   *
   * @throws HoldStillError with the reason, or what `work` threw
   */
  holdStill(pause: Pause): Promise<void>;
  /** Stops watching and frees timers and handles, leaving the processes alone (the daemon is going, the agents stay). */
  forget(): void;
}

/** What became of a session that an earlier daemon recorded. */
export type Adoption =
  /** Its leader lives and the command runs; the session is watched from here on. */
  | { readonly outcome: "alive"; readonly session: Session }
  /** The gate ended without running the command. */
  | { readonly outcome: "never-ran" }
  /** The leader died unseen. `session` is null when nothing of it is left, otherwise it holds the leftovers to be swept. */
  | { readonly outcome: "dead"; readonly session: Session | null; readonly rebooted: boolean };

/** One incarnation of an agent. */
export interface AgentIncarnation {
  readonly agent: string;
  readonly incarnation: number;
}

/** An incarnation that ran, as the home itself and the process table tell, whether or not anybody recorded it. */
export interface FoundIncarnation extends AgentIncarnation {
  /** What `adopt` needs; null when nothing of it lives, so that only its number is known to be used. */
  readonly ref: SessionRef | null;
}

/** Says of which incarnations somebody knows. */
export type IsKnown = (owner: AgentIncarnation) => boolean;

/** A kind of session: processes today; a tmux session is another. */
export interface SessionKind {
  /** Starts the gate in a process group of its own; nothing of the agent has run when this resolves. */
  fork(launch: Launch, events: SessionEvents): Promise<Session>;
  /** Looks for what an earlier daemon recorded. Waits for a gate that is alive and has not decided yet. */
  adopt(ref: SessionRef, owner: AgentIncarnation, events: SessionEvents): Promise<Adoption>;
  /**
   * Finds the incarnations of this home that ran and that nobody knows, by their marks. `thorough` looks at every process
   * of the machine too, for those whose marks are lost: on Linux only, elsewhere environments can't be seen. A gate that
   * has let nothing run is not found, and ends by itself.
   */
  find(isKnown: IsKnown, options: { readonly thorough: boolean }): Promise<readonly FoundIncarnation[]>;
  /**
   * Removes the mark that says this incarnation ran. To be called once its end is in the journal, never before: a
   * recorded session without a mark is taken for one that never ran.
   */
  clearMark(agent: string, incarnation: number): Promise<void>;
  /**
   * Removes marks, pipes and the like of all incarnations but those to be kept, which earlier daemons had no time to
   * remove. To be called once what was recorded is written, in the same turn of the event loop.
   */
  sweep(isKept: IsKnown): Promise<void>;
  /** To be awaited before the daemon ends, once its state is written: removes what only ended sessions have left. */
  close(): Promise<void>;
}

/** The command cannot be started as it is defined; trying again changes nothing until somebody mends it. */
export class LaunchError extends Error {
  override readonly name = "LaunchError";
  constructor(
    message: string,
    /** The command or advice that helps. */
    readonly hint: string,
  ) {
    super(message);
  }
}

/** The gate is there and does not let the command run: somebody has stopped it, or the machine is stuck. */
export class ReleaseError extends Error {
  override readonly name = "ReleaseError";
}

/** Why the writers of a log were not held still, or not for as long as it took. */
export type HoldStillReason =
  /** The session's leader has ended, or the session is over. */
  | "ended"
  /** Nobody is found who writes to the log. */
  | "no-writer"
  /** One of them may not be signalled, as a setuid program. */
  | "refused"
  /** A debugger or tracer decides when one of them stops. */
  | "traced"
  /** They could not all be stopped in time. */
  | "restless"
  /** What was to be done took too long. */
  | "too-long"
  /** The guard, which lets them go if the daemon dies, has died itself. */
  | "no-guard"
  /** A cut came after they were let go. */
  | "let-go"
  /** The system refused to empty the log. */
  | "not-emptied";

/** The writers of a log could not be held still, or no longer: they go on, and what was to be cut is whole. */
export class HoldStillError extends Error {
  override readonly name = "HoldStillError";
  constructor(
    readonly reason: HoldStillReason,
    message: string,
  ) {
    super(message);
  }
}
