// What the supervisor needs to know of one agent: a definition from hearth.toml with its defaults filled in and its units resolved.

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
}

/** The whole of hearth.toml, resolved. */
export interface Config {
  /** The file it came from; null when there is none (defaults). */
  readonly file: string | null;
  readonly heartbeatIntervalMs: number;
  /** Size over which a log is rotated, in bytes; the daemon's own and each agent's. */
  readonly logMaxBytes: number;
  /** Rotated files kept beside the current one. */
  readonly logMaxFiles: number;
  readonly agents: ReadonlyMap<string, AgentSpec>;
}
