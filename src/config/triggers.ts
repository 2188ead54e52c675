// Turns the part of a definition that restarts an agent by itself into policies: max_memory, cron, watch.
import { isAbsolute, join, resolve } from "node:path";
import type { AgentDefinition } from "../../protocol/definition.js";
import { parseDurationMs, parseSizeBytes } from "../../protocol/units.js";
import type { ConfigFlaw } from "./problem.js";
import type { AgentSpec, CronPolicy, WatchPolicy } from "./spec.js";

const DEFAULT_DEBOUNCE_MS = 300;

/**
 * Resolves the triggers of a definition that has passed its schema; what is wrong is added to `flaws`. Whether a schedule
 * can be met is for `cronFlaws`.
 */
export function resolveTriggers(
  { max_memory, cron, watch, cwd = "." }: AgentDefinition,
  directory: string,
  flaws: ConfigFlaw[],
): Pick<AgentSpec, "maxMemoryBytes" | "cron" | "watch"> {
  return {
    maxMemoryBytes: max_memory === undefined ? null : parseSizeBytes(max_memory),
    cron: cron === undefined ? null : resolveCron(cron),
    watch: watch === undefined || watch === false ? null : resolveWatch(watch, { directory, cwd }, flaws),
  };
}

function resolveCron(cron: NonNullable<AgentDefinition["cron"]>): CronPolicy {
  return typeof cron === "string"
    ? { schedule: cron, zone: null }
    : { schedule: cron.schedule, zone: cron.zone ?? null };
}

type Watch = Exclude<NonNullable<AgentDefinition["watch"]>, false>;

/** Paths start where all others of a definition do; of an agent that names none, all of its working directory is meant. */
function resolveWatch(
  watch: Watch,
  { directory, cwd }: { readonly directory: string; readonly cwd: string },
  flaws: ConfigFlaw[],
): WatchPolicy {
  if (watch === true) return resolveWatch({}, { directory, cwd }, flaws);
  if (Array.isArray(watch)) return resolveWatch({ paths: watch }, { directory, cwd }, flaws);
  const { paths = [join(cwd, "**")], ignore = [], debounce } = watch;
  if (paths.length === 0) flaws.push(NOTHING_WATCHED);
  return {
    paths: [...new Set(paths.map((path) => pathPattern(path, directory)))],
    ignore: [...new Set(ignore.map((pattern) => ignored(pattern, directory)))],
    debounceMs: debounce === undefined ? DEFAULT_DEBOUNCE_MS : parseDurationMs(debounce),
  };
}

const NOTHING_WATCHED: ConfigFlaw = {
  path: ["watch"],
  message: "no path is named",
  hint: "name some, write watch = true for the agent's working directory, or leave it out",
};

/** A directory that is where paths start is watched from itself, not from the one above: that may be anybody's. */
function pathPattern(path: string, directory: string): string {
  const absolute = resolve(directory, path);
  return absolute === directory ? join(directory, "**") : absolute;
}

/** As in a .gitignore: a bare name is left out wherever it is, a path only there. */
function ignored(pattern: string, directory: string): string {
  const bare = pattern.replace(/\/+$/, "");
  return bare.includes("/") || isAbsolute(bare) ? resolve(directory, bare) : bare;
}
