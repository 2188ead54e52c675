// The schema of hearth.toml: what an agent's definition may say, in the file as in agent.add. Each key is described here,
// once: editors, `hearth help config` and the protocol's document show these texts.
import * as v from "valibot";
import { parseTcpAddress } from "./address.js";
import { parsePokeRoute } from "./poke-route.js";
import { MAX_POKE_BYTES } from "./poke-text.js";
import {
  AgentGlob,
  AgentName,
  Duration,
  defaultsTo,
  durationWithin,
  Flag,
  hasNoNul,
  integer,
  mapOf,
  oneOf,
  PokeText,
  PositiveDuration,
  parsedBy,
  shortOrTable,
  sizeWithin,
  Text,
  table,
} from "./schema.js";
import { SIGNALS } from "./signals.js";
import { utf8Bytes } from "./utf8.js";
import { parseWatchPattern } from "./watch-pattern.js";

const Signal = v.pipe(
  v.picklist(SIGNALS, `expected the name of a signal: ${SIGNALS.join(", ")}`),
  v.title("name of a signal"),
);

const Argv = v.pipe(v.array(v.string()), v.minLength(1, "must name a program"));

/** A program with its arguments: an array, or a string that is split with shell quoting and never run by a shell. */
const Command = v.union(
  [Text, Argv],
  "expected a command: a string, or an array of strings that begins with the program",
);

const Share = v.pipe(v.number(), v.minValue(0, "must be from 0 to 1"), v.maxValue(1, "must be from 0 to 1"));

const Restart = v.pipe(
  table({
    policy: v.optional(
      v.pipe(
        oneOf(["on-failure", "always", "never"]),
        v.description("When it is restarted: after a failure, also after it ended well, or not at all."),
        defaultsTo("on-failure"),
      ),
    ),
    max_attempts: v.optional(
      v.pipe(
        integer({ min: 0, max: 1_000_000 }),
        v.description("Restarts within the window; one failure more is a crash loop, which ends in failed."),
        defaultsTo(3),
      ),
    ),
    window: v.optional(
      v.pipe(PositiveDuration, v.description("The time in which restarts are counted."), defaultsTo("5m")),
    ),
    backoff: v.optional(
      v.pipe(
        Duration,
        v.description("The pause before the first restart; it doubles with each further one."),
        defaultsTo("1s"),
      ),
    ),
    backoff_max: v.optional(
      v.pipe(Duration, v.description("The longest such pause, at least as long as backoff."), defaultsTo("1m")),
    ),
    jitter: v.optional(
      v.pipe(
        Share,
        v.description("How much longer or shorter each pause is by chance, as a share of it: 0.1 is 10 per cent."),
        defaultsTo(0.1),
      ),
    ),
  }),
  v.description("What happens when it ends by itself."),
);

const Stop = v.pipe(
  table({
    signal: v.optional(
      v.pipe(
        Signal,
        v.description("What asks it to end, sent to every process of its session."),
        defaultsTo("SIGTERM"),
      ),
    ),
    grace: v.optional(
      v.pipe(Duration, v.description("The time from this signal to SIGKILL for what is left."), defaultsTo("10s")),
    ),
  }),
  v.description("How it is asked to stop."),
);

const Umask = v.pipe(
  v.string(({ received }) => `expected octal digits in quotes, such as "027", got ${received}`),
  v.regex(/^[0-7]{1,3}$|^0[0-7]{3}$/, 'must be octal digits, such as "027"'),
  v.description('File mode creation mask as octal digits in quotes, such as "027"; without it, the daemon\'s own.'),
);

const Nice = v.pipe(
  integer({ min: -20, max: 19 }),
  v.description("Niceness, whatever the daemon's own: 19 gives way to everything, negative ones need a privilege."),
);

const Stderr = v.pipe(
  v.union([v.literal(true), Text], "expected true, or the path of a file"),
  v.description(
    "Keeps stderr out of the log: true for NAME.err.log beside it, or the path of a file that nobody else writes to.",
  ),
);

const hook = (when: string) =>
  v.optional(v.pipe(Command, v.description(`A command that is run ${when}; HEARTH_HOOK_... variables tell about it.`)));

/** The fields of `ready` of which exactly one is given. */
export const READY_CONDITIONS = ["output", "tcp", "http", "command", "delay", "notify"] as const;

const ONE_CONDITION = `needs exactly one of ${READY_CONDITIONS.join(", ")}`;

const Ready = v.pipe(
  table({
    output: v.optional(v.pipe(Text, v.description("It has written this text since this session began."))),
    tcp: v.optional(
      v.pipe(
        v.union([v.string(), v.number()]),
        v.check(isTcpAddress, 'expected an address such as "127.0.0.1:8080"'),
        v.description('A connection to this address succeeds: "HOST:PORT", or a port of 127.0.0.1.'),
      ),
    ),
    http: v.optional(
      v.pipe(
        Text,
        v.check(isHttpUrl, 'expected a URL such as "http://127.0.0.1:8080/health"'),
        v.description("A GET of this URL answers with a status below 400."),
      ),
    ),
    command: v.optional(v.pipe(Command, v.description("This program, which is run again and again, exits with 0."))),
    delay: v.optional(v.pipe(Duration, v.description("It has run for this long."))),
    notify: v.optional(
      v.pipe(
        v.literal(true, "can only be true; leave it out otherwise"),
        v.description("It says so itself, with `hearth ready` or the method agent.ready."),
      ),
    ),
    timeout: v.optional(
      v.pipe(
        PositiveDuration,
        v.description(
          "The time it has for this; a session that is not ready by then has failed. Twice a longer `delay`, if that is named.",
        ),
        defaultsTo("30s"),
      ),
    ),
  }),
  v.check((ready) => READY_CONDITIONS.filter((key) => ready[key] !== undefined).length === 1, ONE_CONDITION),
  v.description("What makes it ready: exactly one condition. Without, it is ready as soon as it runs."),
);

const Heartbeat = v.pipe(
  table({
    interval: v.optional(
      v.pipe(PositiveDuration, v.description("Time between two pokes; by default that of the daemon's table.")),
    ),
    poke: v.optional(
      v.pipe(
        parsedBy(parsePokeRoute),
        v.description(
          'How a poke reaches it: "session" (its standard input, or a paste into its terminal), "rpc", "signal:" and a signal, "command:" and a command, or "none".',
        ),
        defaultsTo("none"),
      ),
    ),
    message: v.optional(
      v.pipe(
        PokeText,
        v.description(`What a poke says: at most ${MAX_POKE_BYTES} bytes; one line where it goes to standard input.`),
        defaultsTo("Heartbeat: check for new work, then carry on."),
      ),
    ),
    when_missed: v.optional(
      v.pipe(
        integer({ min: 1, max: 1_000_000 }),
        v.description(
          "The watchdog restarts it after this many intervals without a beat. Without, there is no watchdog.",
        ),
      ),
    ),
    startup_grace: v.optional(
      v.pipe(Duration, v.description("The time a new session has for its first beat."), defaultsTo("5m")),
    ),
  }),
  v.description("How often it is poked, which way, and what the watchdog expects of it."),
);

const EnvName = v.pipe(
  v.string(),
  v.regex(/^[^=]+$/, "the name of a variable is not empty and has no = in it"),
  v.check(hasNoNul, "must not contain a NUL character"),
);
const Cron = shortOrTable(
  Text,
  table({
    schedule: v.pipe(Text, v.description('Five fields as in a crontab, such as "0 4 * * *"; seconds may come first.')),
    zone: v.optional(v.pipe(Text, v.description('A time zone such as "Europe/Berlin"; the machine\'s if left out.'))),
  }),
  'expected a schedule such as "0 4 * * *", or a table with schedule and zone',
);

const WatchPatterns = v.array(parsedBy(parseWatchPattern));

const Watch = shortOrTable(
  v.union([Flag, WatchPatterns]),
  table({
    paths: v.optional(
      v.pipe(WatchPatterns, v.description("Files, directories and patterns; without, all that is below cwd.")),
    ),
    ignore: v.optional(
      v.pipe(WatchPatterns, v.description("What is left out: names anywhere, or paths with a / in them.")),
    ),
    debounce: v.optional(
      v.pipe(Duration, v.description("Time without a further change before the restart."), defaultsTo("300ms")),
    ),
  }),
  'expected true, a list such as ["src", "*.py"], or a table with paths, ignore and debounce',
);

const EnvValue = v.pipe(
  v.string(({ received }) => `expected a string, got ${received}; put the value in quotes`),
  v.check(hasNoNul, "must not contain a NUL character"),
);

const MAX_ENVIRONMENT_BYTES = 1_048_576;

/** A whole environment, as a process may have it. */
export const Environment = v.pipe(
  mapOf(EnvName, EnvValue, "Values by the names of variables."),
  v.check(
    (variables) => Object.entries(variables).reduce(sumOfBytes, 0) <= MAX_ENVIRONMENT_BYTES,
    `must have at most ${MAX_ENVIRONMENT_BYTES} bytes`,
  ),
);

function sumOfBytes(sum: number, [name, value]: [string, string]): number {
  return sum + utf8Bytes(name) + utf8Bytes(value);
}

const definitionFields = {
  command: v.pipe(
    Command,
    v.description("The program with its arguments, as an array or as a string with shell quoting; no shell runs it."),
  ),
  cwd: v.optional(
    v.pipe(
      Text,
      v.description("The directory it runs in; a relative path starts where hearth.toml is."),
      defaultsTo("."),
    ),
  ),
  env: v.optional(mapOf(EnvName, EnvValue, "Variables of its environment, which replace those of env_file.")),
  env_file: v.optional(v.pipe(Text, v.description("A file of NAME=value lines, read at each start."))),
  autostart: v.optional(v.pipe(Flag, v.description("Start it with the daemon."), defaultsTo(false))),
  restart: v.optional(Restart),
  stop: v.optional(Stop),
  ready: v.optional(Ready),
  depends_on: v.optional(
    v.pipe(v.array(AgentName), v.description("Agents that are started first and must be ready before it starts.")),
  ),
  session: v.optional(
    v.pipe(
      oneOf(["process", "tmux"]),
      v.description("What it runs in: a plain process, or a terminal of its own for programs that want one."),
      defaultsTo("process"),
    ),
  ),
  heartbeat: v.optional(Heartbeat),
  may_control: v.optional(
    v.pipe(
      v.array(AgentGlob),
      v.description("Other agents, by name or glob, that it may start, stop, restart, poke and ask things of."),
    ),
  ),
  umask: v.optional(Umask),
  nice: v.optional(Nice),
  stderr: v.optional(Stderr),
  on_ready: hook("when a session is ready"),
  on_exit: hook("each time a session has ended, whether or not somebody asked for it"),
  on_failed: hook("when the agent has failed: a crash loop, or a command that cannot be run"),
  on_cycle: hook("when a cycle has been carried out and the next session runs"),
  max_memory: v.optional(
    v.pipe(
      sizeWithin({ min: "1MB" }),
      v.description('Restarts the agent when all of its processes together use more memory, such as "500MB".'),
    ),
  ),
  cron: v.optional(v.pipe(Cron, v.description('Restarts the agent on a schedule, such as "0 4 * * *".'))),
  watch: v.optional(
    v.pipe(Watch, v.description('Restarts the agent when files change: true, a list such as ["src"], or a table.')),
  ),
};

/** `logs.follow` takes "daemon" for the daemon's own log, so no agent has that name. */
const NewAgentName = v.pipe(
  AgentName,
  v.check((name) => name !== "daemon", '"daemon" is the daemon itself; choose another name'),
);

/** One `[agents.NAME]` table, units and defaults not yet resolved. */
export const AgentDefinitionSchema = table(definitionFields);

/** The same with its name beside it, as `agent.add` takes it. */
export const NamedAgentDefinitionSchema = table({ name: NewAgentName, ...definitionFields });

/** The `[daemon.limits]` table: bounds on what callers can make the daemon hold. */
export const LimitsTableSchema = v.pipe(
  table({
    connections: v.optional(
      v.pipe(integer({ min: 16, max: 65_536 }), v.description("Connections at once."), defaultsTo(2_048)),
    ),
    attach_within: v.optional(
      v.pipe(
        durationWithin({ min: "100ms", max: "10m" }),
        v.description("The time a connection has to attach."),
        defaultsTo("10s"),
      ),
    ),
    // The largest handoff, 1 MiB, takes up to 6 MiB as JSON: it must always fit.
    frame_size: v.optional(
      v.pipe(
        sizeWithin({ min: "8MiB", max: "64MiB" }),
        v.description("The largest message of an attached client."),
        defaultsTo("16MiB"),
      ),
    ),
    batch: v.optional(
      v.pipe(integer({ min: 1, max: 10_000 }), v.description("Messages in one batch."), defaultsTo(1_000)),
    ),
    requests_in_flight: v.optional(
      v.pipe(
        integer({ min: 8, max: 10_000 }),
        v.description(
          "Requests of one connection that are answered at the same time; over it, its bytes are left unread.",
        ),
        defaultsTo(128),
      ),
    ),
    waits: v.optional(
      v.pipe(
        integer({ min: 1, max: 10_000 }),
        v.description("Requests of one connection that wait for something to happen."),
        defaultsTo(64),
      ),
    ),
    subscriptions: v.optional(
      v.pipe(integer({ min: 1, max: 1_000 }), v.description("Subscriptions of one connection."), defaultsTo(64)),
    ),
    // Twice what waits without anybody being told when it is written: 64 KiB before the socket, and as much in Node's.
    unwritten_size: v.optional(
      v.pipe(
        sizeWithin({ min: "128KiB", max: "64MiB" }),
        v.description("What may wait to be read by one client; over it, events for that client are skipped."),
        defaultsTo("1MiB"),
      ),
    ),
    recent_events: v.optional(
      v.pipe(
        integer({ min: 10, max: 10_000 }),
        v.description("Events kept for `hearth events` and for subscribers that come back."),
        defaultsTo(1_000),
      ),
    ),
    queued_requests: v.optional(
      v.pipe(
        integer({ min: 1, max: 10_000 }),
        v.description("Lifecycle requests of one agent that have not ended."),
        defaultsTo(100),
      ),
    ),
    keyed_requests: v.optional(
      v.pipe(
        integer({ min: 10, max: 1_000_000 }),
        v.description("Lifecycle requests with a key that are remembered."),
        defaultsTo(10_000),
      ),
    ),
  }),
  v.description("Bounds on what callers can make the daemon hold."),
);

/** The `[daemon]` table. */
export const DaemonTableSchema = v.pipe(
  table({
    heartbeat_interval: v.optional(
      v.pipe(
        PositiveDuration,
        v.description("Time between two pokes of an agent that names no interval of its own."),
        defaultsTo("60s"),
      ),
    ),
    max_request_age: v.optional(
      v.pipe(
        PositiveDuration,
        v.description("A lifecycle request that is older is not carried out any more."),
        defaultsTo("6h"),
      ),
    ),
    handoff_timeout: v.optional(
      v.pipe(
        Duration,
        v.description("The time an agent has to hand over before somebody else's cycle goes on without."),
        defaultsTo("30s"),
      ),
    ),
    log_max_size: v.optional(
      v.pipe(
        sizeWithin({ min: "1KB" }),
        v.description("A log over this size is rotated, the daemon's own and each agent's."),
        defaultsTo("100MB"),
      ),
    ),
    log_max_files: v.optional(
      v.pipe(
        integer({ min: 0, max: 1_000 }),
        v.description("Rotated files kept beside the current one."),
        defaultsTo(3),
      ),
    ),
    limits: v.optional(LimitsTableSchema),
  }),
  v.description("The daemon itself."),
);

/** The whole of hearth.toml. */
export const HearthTomlSchema = table({
  daemon: v.optional(DaemonTableSchema),
  agents: v.optional(
    mapOf(NewAgentName, AgentDefinitionSchema, "The agents, each in a table of its own: [agents.NAME]."),
  ),
});

export type AgentDefinition = v.InferOutput<typeof AgentDefinitionSchema>;
export type NamedAgentDefinition = v.InferOutput<typeof NamedAgentDefinitionSchema>;
export type LimitsTable = v.InferOutput<typeof LimitsTableSchema>;
export type DaemonTable = v.InferOutput<typeof DaemonTableSchema>;
export type HearthToml = v.InferOutput<typeof HearthTomlSchema>;

function isTcpAddress(address: string | number): boolean {
  try {
    return parseTcpAddress(address).port > 0;
  } catch {
    return false;
  }
}

function isHttpUrl(text: string): boolean {
  return URL.canParse(text) && /^https?:\/\//i.test(text);
}
