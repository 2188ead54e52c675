// Turns an agent's definition into what the supervisor works with: defaults filled in, units and paths resolved.
import { resolve } from "node:path";
import { parseTcpAddress } from "../../protocol/address.js";
import type { AgentDefinition } from "../../protocol/definition.js";
import { parseDurationMs } from "../../protocol/units.js";
import { resolveHeartbeat } from "./heartbeat.js";
import { ConfigError, type ConfigFlaw, withoutPlace } from "./problem.js";
import {
  type AgentSpec,
  HOOK_NAMES,
  type Hooks,
  type ReadyCondition,
  type ReadyPolicy,
  type RestartPolicy,
  type StopPolicy,
} from "./spec.js";
import { CommandSyntaxError, splitCommand } from "./split-command.js";
import { resolveStderr } from "./stderr.js";
import { resolveTriggers } from "./triggers.js";

type Argv = [string, ...string[]];

/** What holds for an agent that does not say otherwise. */
const DEFAULT_RESTART: RestartPolicy = {
  policy: "on-failure",
  maxAttempts: 3,
  windowMs: 5 * 60_000,
  backoffMs: 1_000,
  backoffMaxMs: 60_000,
  jitter: 0.1,
};
const DEFAULT_STOP: StopPolicy = { signal: "SIGTERM", graceMs: 10_000 };
const DEFAULT_READY_TIMEOUT_MS = 30_000;

/** A definition with its defaults and units resolved, or all that is wrong with it; paths start at the definition. */
export type Resolution =
  | { readonly spec: AgentSpec; readonly flaws: readonly [] }
  | { readonly spec: null; readonly flaws: readonly ConfigFlaw[] };

/** What a definition leaves to its surroundings. */
export interface ResolveOptions {
  /** Absolute directory at which relative paths start. */
  readonly directory: string;
  /** Time between two pokes of an agent that names no interval: `heartbeat_interval` of the daemon, in milliseconds. */
  readonly heartbeatIntervalMs: number;
}

/**
 * Resolves a definition that has passed its schema and was not read from a file.
 * @throws {ConfigError} with everything that is wrong.
 */
export function resolveAgent(name: string, definition: AgentDefinition, options: ResolveOptions): AgentSpec {
  const { spec, flaws } = resolveDefinition(name, definition, options);
  if (spec === null) throw new ConfigError(flaws.map(withoutPlace));
  return spec;
}

/** Resolves a definition that has passed its schema. */
export function resolveDefinition(
  name: string,
  definition: AgentDefinition,
  { directory, heartbeatIntervalMs }: ResolveOptions,
): Resolution {
  const flaws: ConfigFlaw[] = [];
  const spec: AgentSpec = {
    name,
    command: resolveCommand(definition.command, ["command"], flaws),
    cwd: resolve(directory, definition.cwd ?? "."),
    env: definition.env ?? {},
    envFile: definition.env_file === undefined ? null : resolve(directory, definition.env_file),
    autostart: definition.autostart ?? false,
    restart: resolveRestart(definition.restart ?? {}, flaws),
    stop: resolveStop(definition.stop ?? {}),
    ready: definition.ready === undefined ? null : resolveReady(definition.ready, flaws),
    dependsOn: [...new Set(definition.depends_on ?? [])],
    session: definition.session ?? "process",
    heartbeat: resolveHeartbeat(definition, { intervalMs: heartbeatIntervalMs }, flaws),
    mayControl: [...new Set(definition.may_control ?? [])],
    umask: definition.umask === undefined ? null : Number.parseInt(definition.umask, 8),
    nice: definition.nice ?? null,
    stderr: resolveStderr(definition, directory, flaws),
    hooks: resolveHooks(definition, flaws),
    ...resolveTriggers(definition, directory, flaws),
  };
  return flaws.length > 0 ? { spec: null, flaws } : { spec, flaws: [] };
}

function resolveCommand(command: string | readonly string[], path: readonly string[], flaws: ConfigFlaw[]): Argv {
  try {
    return typeof command === "string" ? splitCommand(command) : checkedArgv(command);
  } catch (error) {
    if (!(error instanceof CommandSyntaxError)) throw error;
    flaws.push({ path, message: error.message, hint: error.hint });
    return [""];
  }
}

function checkedArgv([program, ...args]: readonly string[]): Argv {
  const hint = 'name a program: command = ["program", "argument"]';
  if (!program) throw new CommandSyntaxError("the command names no program", hint);
  const argv: Argv = [program, ...args];
  if (argv.some((word) => word.includes("\0")))
    throw new CommandSyntaxError("a word of the command contains a NUL", hint);
  return argv;
}

function resolveRestart(table: NonNullable<AgentDefinition["restart"]>, flaws: ConfigFlaw[]): RestartPolicy {
  const backoffMs = durationOr(table.backoff, DEFAULT_RESTART.backoffMs);
  // Somebody who asks for a first delay of five minutes does not mean it to be cut to the default bound of one.
  const backoffMaxMs = durationOr(table.backoff_max, Math.max(backoffMs, DEFAULT_RESTART.backoffMaxMs));
  if (table.backoff !== undefined && backoffMs > backoffMaxMs) flaws.push(backoffTooLong(table.backoff_max ?? ""));
  return {
    policy: table.policy ?? DEFAULT_RESTART.policy,
    maxAttempts: table.max_attempts ?? DEFAULT_RESTART.maxAttempts,
    windowMs: durationOr(table.window, DEFAULT_RESTART.windowMs),
    backoffMs: Math.min(backoffMs, backoffMaxMs),
    backoffMaxMs,
    jitter: table.jitter ?? DEFAULT_RESTART.jitter,
  };
}

function backoffTooLong(backoffMax: string): ConfigFlaw {
  const message = `the first delay is longer than the longest, backoff_max = "${backoffMax}"`;
  return { path: ["restart", "backoff"], message, hint: "make backoff shorter or backoff_max longer" };
}

function resolveStop({ signal, grace }: NonNullable<AgentDefinition["stop"]>): StopPolicy {
  return { signal: signal ?? DEFAULT_STOP.signal, graceMs: durationOr(grace, DEFAULT_STOP.graceMs) };
}

type ReadyTable = NonNullable<AgentDefinition["ready"]>;

function resolveReady(table: ReadyTable, flaws: ConfigFlaw[]): ReadyPolicy {
  const condition = resolveCondition(table, flaws);
  const delayMs = condition.kind === "delay" ? condition.delayMs : 0;
  // Somebody who asks for a delay of a minute does not mean it to fail at the default timeout of half a one.
  const timeoutMs = durationOr(table.timeout, Math.max(DEFAULT_READY_TIMEOUT_MS, 2 * delayMs));
  if (timeoutMs <= delayMs) flaws.push(delayTooLong(table.timeout ?? ""));
  return { condition, timeoutMs };
}

function delayTooLong(timeout: string): ConfigFlaw {
  const message = `it would never be ready: the start has failed before, after timeout = "${timeout}"`;
  return { path: ["ready", "delay"], message, hint: "make delay shorter or timeout longer" };
}

/** The schema has seen to it that exactly one condition is given. */
function resolveCondition(table: ReadyTable, flaws: ConfigFlaw[]): ReadyCondition {
  const { output, tcp, http, command, delay } = table;
  if (output !== undefined) return { kind: "output", text: output };
  if (tcp !== undefined) return { kind: "tcp", ...parseTcpAddress(tcp) };
  if (http !== undefined) return { kind: "http", url: http };
  if (command !== undefined) return { kind: "command", argv: resolveCommand(command, ["ready", "command"], flaws) };
  if (delay !== undefined) return { kind: "delay", delayMs: parseDurationMs(delay) };
  return { kind: "notify" };
}

function resolveHooks(definition: AgentDefinition, flaws: ConfigFlaw[]): Hooks {
  const defined = HOOK_NAMES.flatMap((name) => {
    const command = definition[name];
    return command === undefined ? [] : [[name, resolveCommand(command, [name], flaws)] as const];
  });
  return Object.fromEntries(defined);
}

function durationOr(text: string | undefined, defaultMs: number): number {
  return text === undefined ? defaultMs : parseDurationMs(text);
}
