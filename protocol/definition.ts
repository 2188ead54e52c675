// The schema of hearth.toml: what an agent's definition may say, in the file as in agent.add.
import * as v from "valibot";
import { parseTcpAddress } from "./address.js";
import { parsePokeRoute } from "./poke-route.js";
import {
  AgentGlob,
  AgentName,
  Duration,
  durationWithin,
  Flag,
  integer,
  mapOf,
  oneOf,
  PokeText,
  PositiveDuration,
  parsedBy,
  Size,
  sizeWithin,
  Text,
  table,
} from "./schema.js";
import { SIGNALS } from "./signals.js";

const Signal = v.picklist(SIGNALS, `expected the name of a signal: ${SIGNALS.join(", ")}`);

const Argv = v.pipe(v.array(v.string()), v.minLength(1, "must name a program"));

/** A program with its arguments: an array, or a string that is split with shell quoting and never run by a shell. */
const Command = v.union(
  [Text, Argv],
  "expected a command: a string, or an array of strings that begins with the program",
);

const Restart = table({
  policy: v.optional(oneOf(["on-failure", "always", "never"])),
  max_attempts: v.optional(integer({ min: 0, max: 1_000_000 })),
  window: v.optional(PositiveDuration),
  backoff: v.optional(Duration),
  backoff_max: v.optional(Duration),
  jitter: v.optional(v.pipe(v.number(), v.minValue(0, "must be from 0 to 1"), v.maxValue(1, "must be from 0 to 1"))),
});

const Stop = table({ signal: v.optional(Signal), grace: v.optional(Duration) });

/** The fields of `ready` of which exactly one is given. */
export const READY_CONDITIONS = ["output", "tcp", "http", "command", "delay", "notify"] as const;

const ONE_CONDITION = `needs exactly one of ${READY_CONDITIONS.join(", ")}`;

const Ready = v.pipe(
  table({
    output: v.optional(Text),
    tcp: v.optional(
      v.pipe(v.union([v.string(), v.number()]), v.check(isTcpAddress, 'expected an address such as "127.0.0.1:8080"')),
    ),
    http: v.optional(v.pipe(Text, v.check(isHttpUrl, 'expected a URL such as "http://127.0.0.1:8080/health"'))),
    command: v.optional(Command),
    delay: v.optional(Duration),
    notify: v.optional(v.literal(true, "can only be true; leave it out otherwise")),
    timeout: v.optional(PositiveDuration),
  }),
  v.check((ready) => READY_CONDITIONS.filter((key) => ready[key] !== undefined).length === 1, ONE_CONDITION),
);

const PokeRoute = v.pipe(
  parsedBy(parsePokeRoute),
  v.description('"session", "rpc", "none", "signal:" and a signal, or "command:" and a command.'),
);

const Heartbeat = table({
  interval: v.optional(PositiveDuration),
  poke: v.optional(PokeRoute),
  message: v.optional(PokeText),
  when_missed: v.optional(integer({ min: 1, max: 1_000_000 })),
  startup_grace: v.optional(Duration),
});

const EnvName = v.pipe(v.string(), v.regex(/^[^=\0]+$/, "the name of a variable is not empty and has no = in it"));

const EnvValue = v.pipe(
  v.string(({ received }) => `expected a string, got ${received}; put the value in quotes`),
  v.check((text) => !text.includes("\0"), "must not contain a NUL character"),
);

const definitionFields = {
  command: Command,
  cwd: v.optional(Text),
  env: v.optional(mapOf(EnvName, EnvValue)),
  env_file: v.optional(Text),
  autostart: v.optional(Flag),
  restart: v.optional(Restart),
  stop: v.optional(Stop),
  ready: v.optional(Ready),
  depends_on: v.optional(v.array(AgentName)),
  session: v.optional(oneOf(["process", "tmux"])),
  heartbeat: v.optional(Heartbeat),
  may_control: v.optional(v.array(AgentGlob)),
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
export const LimitsTableSchema = table({
  connections: v.optional(integer({ min: 16, max: 65_536 })),
  attach_within: v.optional(durationWithin({ min: "100ms", max: "10m" })),
  // The largest handoff, 1 MiB, takes up to 6 MiB as JSON: it must always fit.
  frame_size: v.optional(sizeWithin({ min: "8MiB", max: "64MiB" })),
  batch: v.optional(integer({ min: 1, max: 10_000 })),
  requests_in_flight: v.optional(integer({ min: 8, max: 10_000 })),
  waits: v.optional(integer({ min: 1, max: 10_000 })),
  subscriptions: v.optional(integer({ min: 1, max: 1_000 })),
  // Twice what waits without anybody being told when it is written: 64 KiB before the socket, and as much in Node's.
  unwritten_size: v.optional(sizeWithin({ min: "128KiB", max: "64MiB" })),
  recent_events: v.optional(integer({ min: 10, max: 10_000 })),
  queued_requests: v.optional(integer({ min: 1, max: 10_000 })),
  keyed_requests: v.optional(integer({ min: 10, max: 1_000_000 })),
});

/** The `[daemon]` table. */
export const DaemonTableSchema = table({
  heartbeat_interval: v.optional(PositiveDuration),
  max_request_age: v.optional(PositiveDuration),
  handoff_timeout: v.optional(Duration),
  log_max_size: v.optional(Size),
  log_max_files: v.optional(integer({ min: 0, max: 1_000 })),
  limits: v.optional(LimitsTableSchema),
});

/** The whole of hearth.toml. */
export const HearthTomlSchema = table({
  daemon: v.optional(DaemonTableSchema),
  agents: v.optional(mapOf(NewAgentName, AgentDefinitionSchema)),
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
