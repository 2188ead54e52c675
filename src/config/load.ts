// Reads hearth.toml into a Config, or tells everything that is wrong with it.
import { dirname, resolve } from "node:path";
import { parse, TomlError } from "smol-toml";
import type { ConfigProblem } from "../../protocol/config-problem.js";
import { type AgentDefinition, type DaemonTable, HearthTomlSchema } from "../../protocol/definition.js";
import { parseDurationMs, parseSizeBytes } from "../../protocol/units.js";
import { check } from "../../protocol/validate.js";
import { configFile } from "../paths.js";
import { readRegularFile } from "../regular-file.js";
import { assertTrustedDiscovery, type Caller } from "../trust.js";
import { cronFlaws } from "./cron.js";
import { dependencyFlaws } from "./dependencies.js";
import { resolveLimits } from "./limits.js";
import { ConfigError, type ConfigFlaw, toProblems } from "./problem.js";
import { type ResolveOptions, resolveDefinition } from "./resolve.js";
import type { AgentSpec, Config } from "./spec.js";
import { sharedStderr } from "./stderr.js";

const DEFAULT_HEARTBEAT = "60s";
const DEFAULT_MAX_REQUEST_AGE = "6h";
const DEFAULT_HANDOFF_TIMEOUT = "30s";
const DEFAULT_LOG_MAX_SIZE = "100MB";
const DEFAULT_LOG_MAX_FILES = 3;

/** Advice for what the schema refuses; its messages already say how it should be written. */
const MEND = "correct it, then run `hearth config check`";

export interface ConfigSource {
  /** The home as it was named, not its real path: a hearth.toml counts beside a home *named* `.hearth`. */
  readonly home: string;
  /** On whose behalf the commands in the file will run. */
  readonly caller: Caller;
}

/**
 * Loads the configuration of a home; without a hearth.toml it is all defaults and no agents.
 * @throws {ConfigError} with every problem that was found.
 * @throws {TrustError} when a hearth.toml beside the home could have been planted by somebody else.
 */
export async function loadConfig({ home, caller }: ConfigSource): Promise<Config> {
  const file = configFile(home);
  if (file === null) return { file, ...resolveDaemon({}), agents: new Map() };
  // What lies in the home itself is as trusted as the home, which is checked before.
  if (dirname(file) !== resolve(home)) assertTrustedDiscovery(file, caller);
  return parseConfig(await readSource(file), file, resolve(home));
}

/**
 * Reads the text of a hearth.toml; `file` is its absolute path, from whose directory relative paths start. The home
 * is that directory unless another is named.
 * @throws {ConfigError} with every problem that was found.
 */
export async function parseConfig(text: string, file: string, home = dirname(file)): Promise<Config> {
  const toml = parseToml(text, file);
  const checked = check(HearthTomlSchema, toml);
  const schemaFlaws = checked.ok ? [] : checked.flaws.map(({ path, why }) => ({ path, message: why, hint: MEND }));
  const daemon = resolveDaemon(checked.ok ? (checked.value.daemon ?? {}) : {});
  const { heartbeatIntervalMs } = daemon;
  const { agents, flaws } = await resolveAgents(toml, { directory: dirname(file), heartbeatIntervalMs, home });
  await refuseFlaws(file, text, [...schemaFlaws, ...flaws]);
  return { file, ...daemon, agents };
}

async function refuseFlaws(file: string, source: string, flaws: readonly ConfigFlaw[]): Promise<void> {
  if (flaws.length > 0) throw new ConfigError(await toProblems(file, source, flaws));
}

function resolveDaemon(table: DaemonTable): Omit<Config, "file" | "agents"> {
  return {
    heartbeatIntervalMs: parseDurationMs(table.heartbeat_interval ?? DEFAULT_HEARTBEAT),
    maxRequestAgeMs: parseDurationMs(table.max_request_age ?? DEFAULT_MAX_REQUEST_AGE),
    handoffTimeoutMs: parseDurationMs(table.handoff_timeout ?? DEFAULT_HANDOFF_TIMEOUT),
    logMaxBytes: parseSizeBytes(table.log_max_size ?? DEFAULT_LOG_MAX_SIZE),
    logMaxFiles: table.log_max_files ?? DEFAULT_LOG_MAX_FILES,
    limits: resolveLimits(table.limits ?? {}),
  };
}

/** One agent whose definition fits the schema. */
interface SoundAgent {
  /** The key in the file, perhaps with a trailing slash. */
  readonly key: string;
  readonly name: string;
  readonly definition: AgentDefinition;
}

interface ResolvedAgents {
  readonly agents: ReadonlyMap<string, AgentSpec>;
  readonly flaws: readonly ConfigFlaw[];
}

interface AgentsOptions extends ResolveOptions {
  readonly home: string;
}

/** Looks at every agent by itself, so that one with a flaw does not hide those of the others. */
async function resolveAgents(toml: Record<string, unknown>, options: AgentsOptions): Promise<ResolvedAgents> {
  const keys = Object.keys(asTable(toml.agents));
  const sound = keys.flatMap((key) => soundAgent(key, asTable(toml.agents)[key]));
  const resolved = sound.map((agent) => ({ agent, ...resolveDefinition(agent.name, agent.definition, options) }));
  const specs = resolved.flatMap(({ spec }) => spec ?? []);
  const flaws = await Promise.all(
    resolved.map(async ({ agent, spec, flaws }) => {
      const all = spec === null ? flaws : await cronFlaws(spec);
      return all.map((flaw) => ({ ...flaw, path: ["agents", agent.key, ...flaw.path] }));
    }),
  );
  return {
    agents: new Map(specs.map((spec) => [spec.name, spec])),
    flaws: [
      ...flaws.flat(),
      ...duplicateFlaws(sound),
      ...unmetDependencies(sound, keys),
      ...stderrFlaws(specs, options),
    ],
  };
}

function soundAgent(key: string, table: unknown): SoundAgent[] {
  const checked = check(HearthTomlSchema, { agents: { [key]: table } });
  const entries = checked.ok ? Object.entries(checked.value.agents ?? {}) : [];
  return entries.map(([name, definition]) => ({ key, name, definition }));
}

function duplicateFlaws(agents: readonly SoundAgent[]): ConfigFlaw[] {
  return agents.flatMap(({ key, name }, index) => {
    const earlier = agents.slice(0, index).find((other) => other.name === name);
    if (earlier === undefined) return [];
    const message = `the agent "${name}" is already defined as "${earlier.key}"`;
    return [{ path: ["agents", key], message, hint: "a trailing / is ignored: take one of the two out" }];
  });
}

function stderrFlaws(specs: readonly AgentSpec[], { home }: { readonly home: string }): ConfigFlaw[] {
  return specs.flatMap((spec, index) => {
    const flaw = sharedStderr(spec, { others: specs.slice(0, index), home });
    return flaw === null ? [] : [{ ...flaw, path: ["agents", spec.name, ...flaw.path] }];
  });
}

function unmetDependencies(agents: readonly SoundAgent[], keys: readonly string[]): ConfigFlaw[] {
  // An agent with flaws of its own exists nevertheless; only these are to be told.
  const known = new Set(keys.map((key) => key.replace(/\/$/, "")));
  const dependencies = new Map(agents.map(({ name, definition }) => [name, definition.depends_on ?? []]));
  const keyOf = new Map(agents.map(({ key, name }) => [name, key]));
  return dependencyFlaws(dependencies, known).map(({ agent, index, message, hint }) => {
    return { path: ["agents", keyOf.get(agent) ?? agent, "depends_on", index], message, hint };
  });
}

function asTable(value: unknown): Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value) ? (value as Record<string, unknown>) : {};
}

function parseToml(source: string, file: string): Record<string, unknown> {
  try {
    return parse(source);
  } catch (error) {
    if (!(error instanceof TomlError)) throw error;
    throw new ConfigError([syntaxProblem(file, error)]);
  }
}

function syntaxProblem(file: string, { line, column, message }: TomlError): ConfigProblem {
  // The parser's message goes on with an excerpt of the file, which the position makes needless.
  const [why = ""] = message.replace("Invalid TOML document: ", "").split("\n");
  return { file, line, column, key: null, message: `not valid TOML: ${why}`, hint: MEND };
}

async function readSource(file: string): Promise<string> {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(await readRegularFile(file));
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    const hint = "make it readable for yourself, as UTF-8 text";
    throw new ConfigError([{ file, line: null, column: null, key: null, message: `cannot be read: ${why}`, hint }]);
  }
}
