// What the supervisor needs to know of one agent: a definition from hearth.toml with its defaults filled in and its units resolved.
import type { Limits } from "../../protocol/limits.js";

/** When an agent that ended by itself is started again, and how long to wait before each attempt. */
export interface RestartPolicy {
  /** `on-failure`: after a non-zero exit or a signal; `always`: after every exit nobody asked for; `never`. */
  readonly policy: "on-failure" | "always" | "never";
  /** Restarts tried within `windowMs`; the next failure is a crash loop. */
  readonly maxAttempts: number;
  /** How long a failure counts, in milliseconds. */
  readonly windowMs: number;
  /** Delay before the first restart, in milliseconds; it doubles with each failure in the window. */
  readonly backoffMs: number;
  /** Upper bound of the delay, in milliseconds (jitter is added to the bounded delay). */
  readonly backoffMaxMs: number;
  /** Fraction of the delay by which it may be longer or shorter: 0.1 is plus or minus ten per cent. */
  readonly jitter: number;
}

/** How an agent is asked to stop. */
export interface StopPolicy {
  /** Signal sent first, to the whole session. */
  readonly signal: NodeJS.Signals;
  /** Time between that signal and SIGKILL, in milliseconds. */
  readonly graceMs: number;
}

/** What makes a running agent `ready`. `notify` waits for the agent's own `agent.ready` call. */
export type ReadyCondition =
  | { readonly kind: "output"; readonly text: string }
  | { readonly kind: "tcp"; readonly host: string; readonly port: number }
  | { readonly kind: "http"; readonly url: string }
  | { readonly kind: "command"; readonly argv: readonly string[] }
  | { readonly kind: "delay"; readonly delayMs: number }
  | { readonly kind: "notify" };

export interface ReadyPolicy {
  readonly condition: ReadyCondition;
  /** Time from the start of the session after which it counts as failed, in milliseconds. */
  readonly timeoutMs: number;
}

/** How a poke reaches an agent. */
export type PokeRoute =
  | { readonly kind: "none" }
  /** The session itself: a process's stdin, a tmux pane. */
  | { readonly kind: "session" }
  /** A `heartbeat` notification to every connection that attached as this agent. */
  | { readonly kind: "rpc" }
  | { readonly kind: "signal"; readonly signal: NodeJS.Signals }
  /** A program that is run for each poke, with the message in HEARTH_POKE_MESSAGE. */
  | { readonly kind: "command"; readonly argv: readonly [string, ...string[]] };

/** How often an agent is poked, and what is expected of it. */
export interface HeartbeatPolicy {
  /** Time between two pokes, and the beat the watchdog counts in, in milliseconds. */
  readonly intervalMs: number;
  readonly poke: PokeRoute;
  readonly message: string;
  /** Intervals without a beat after which the watchdog restarts the agent; null: no watchdog. */
  readonly whenMissed: number | null;
  /** Time a new session has for its first beat, in milliseconds. */
  readonly startupGraceMs: number;
}

/** What a hook is run after, by its key in a definition. */
export const HOOK_NAMES = ["on_ready", "on_exit", "on_failed", "on_cycle"] as const;

export type HookName = (typeof HOOK_NAMES)[number];

/** The programs, with their arguments, that are told what became of an agent. */
export type Hooks = { readonly [Name in HookName]?: readonly [string, ...string[]] };

/** A file that gets what would go to the log otherwise. */
export type StderrFile =
  /** In the home, beside the log. */
  { readonly kind: "beside-log" } | { readonly kind: "path"; readonly path: string };
/** Restarts on a schedule. */
export interface CronPolicy {
  /** Five fields as crontab writes them, or six of which the first is seconds. */
  readonly schedule: string;
  /** As the IANA names it, such as "Europe/Berlin"; null: the machine's. */
  readonly zone: string | null;
}

/** Restarts when files change. */
export interface WatchPolicy {
  /** Absolute paths and patterns: what lies below them is meant, too. */
  readonly paths: readonly string[];
  /** Left out: bare names wherever they are, absolute paths and patterns with what lies below them. */
  readonly ignore: readonly string[];
  /** Time without a further change before the restart, in milliseconds. */
  readonly debounceMs: number;
}

/** Everything Hearth knows of one agent before it runs. Two specs that are deeply equal run the same way. */
export interface AgentSpec {
  readonly name: string;
  /** Program followed by its arguments; never run by a shell. */
  readonly command: readonly [string, ...string[]];
  /** Absolute working directory. */
  readonly cwd: string;
  readonly env: Readonly<Record<string, string>>;
  /** Absolute path of a file of `NAME=value` lines, read at each start; null when there is none. */
  readonly envFile: string | null;
  readonly autostart: boolean;
  readonly restart: RestartPolicy;
  readonly stop: StopPolicy;
  /** Null: ready as soon as it runs. */
  readonly ready: ReadyPolicy | null;
  /** Names of agents that must be ready before this one starts. */
  readonly dependsOn: readonly string[];
  /** What a session of it is. */
  readonly session: "process" | "tmux";
  readonly heartbeat: HeartbeatPolicy;
  /** Globs of the other agents it may start, stop, restart, poke and ask things of. */
  readonly mayControl: readonly string[];
  /** File mode creation mask; null: the daemon's own. */
  readonly umask: number | null;
  /** From -20 to 19; null: the daemon's own. */
  readonly nice: number | null;
  /** Null: the log, with everything else. */
  readonly stderr: StderrFile | null;
  readonly hooks: Hooks;
  /** Resident memory of the whole session over which it is restarted, in bytes; null: any. */
  readonly maxMemoryBytes: number | null;
  readonly cron: CronPolicy | null;
  readonly watch: WatchPolicy | null;
}

/** The whole of hearth.toml, resolved. */
export interface Config {
  /** The file it came from; null when there is none (defaults). */
  readonly file: string | null;
  readonly heartbeatIntervalMs: number;
  /** Lifecycle requests older than this are not carried out any more, in milliseconds. */
  readonly maxRequestAgeMs: number;
  /** Time an agent has to hand something over before somebody else's cycle goes on without, in milliseconds. */
  readonly handoffTimeoutMs: number;
  /** Size over which a log is rotated, in bytes; the daemon's own and each agent's. */
  readonly logMaxBytes: number;
  /** Rotated files kept beside the current one. */
  readonly logMaxFiles: number;
  readonly limits: Limits;
  readonly agents: ReadonlyMap<string, AgentSpec>;
}
