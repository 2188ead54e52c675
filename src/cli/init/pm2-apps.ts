// The apps of a pm2 ecosystem file as agents, with what of them Hearth has no counterpart for.
import { asObject, isObject } from "./json.js";
import { type App, type Fields, lostOf, readFields } from "./pm2-fields.js";
import type { Found } from "./proposal.js";
import type { TomlValue } from "./toml.js";

/** What pm2 runs a script with that names no interpreter, by the script's extension. */
const INTERPRETERS: Readonly<Record<string, string>> = {
  js: "node",
  cjs: "node",
  mjs: "node",
  ts: "bun",
  tsx: "bun",
  py: "python3",
  sh: "bash",
  rb: "ruby",
  pl: "perl",
  php: "php",
};

/** What was made of the apps, and why nothing of others. */
export interface Pm2Agents {
  readonly agents: readonly Found[];
  /** Such as '"worker" has no script'. */
  readonly refusals: readonly string[];
}

/** The apps of what an ecosystem file exports: `{apps: [...]}`, a list, or a single one. */
export function pm2Agents(exported: unknown): Pm2Agents {
  const made = appsOf(exported).map((app, index) => agentOf(app, `app ${index + 1}`));
  return {
    agents: made.filter((agent) => typeof agent !== "string"),
    refusals: made.filter((refusal) => typeof refusal === "string"),
  };
}

function appsOf(exported: unknown): readonly unknown[] {
  const { apps = exported } = asObject(exported);
  if (Array.isArray(apps)) return apps;
  return Object.keys(asObject(apps)).length === 0 ? [] : [apps];
}

/** An agent, or why an app gives none. */
function agentOf(app: unknown, place: string): Found | string {
  if (!isObject(app)) return `${place} is no object`;
  const fields = readFields(app);
  const command = commandOf(fields);
  if (command === null) return `${fields.name === null ? place : JSON.stringify(fields.name)} has no script`;
  const name = fields.name ?? baseName(command[0] === "node" ? (command[1] ?? "app") : (command[0] ?? "app"));
  return { name, settings: defined({ command, ...settingsOf(fields) }), remarks: remarksOf(app) };
}

function commandOf({ script, exec_interpreter, node_args, args }: Fields): string[] | null {
  if (script === null) return null;
  // A script may be written with its arguments, as in "npm start".
  const [program = "", ...words] = script.trim().split(/\s+/);
  const interpreter = exec_interpreter ?? interpreterOf(program);
  const before = interpreter === "none" ? [] : [interpreter, ...(node_args ?? [])];
  return [...before, program, ...words, ...(args ?? [])];
}

function interpreterOf(program: string): string {
  return INTERPRETERS[/\.(\w+)$/.exec(program)?.[1] ?? ""] ?? "none";
}

function settingsOf(app: Fields): Record<string, TomlValue | null> {
  return {
    cwd: app.cwd,
    env: Object.keys(app.env ?? {}).length === 0 ? null : app.env,
    env_file: app.env_file,
    autostart: app.autostart ?? true,
    restart: defined(restartOf(app)),
    stop: app.kill_timeout === null ? null : { grace: `${app.kill_timeout}ms` },
    max_memory: app.max_memory_restart,
    cron: app.cron_restart,
    watch: watchOf(app),
    stderr: app.error_file,
  };
}

/** pm2 restarts whatever ends, at once, and gives up after 16 restarts of a program that ends within a second. */
function restartOf(app: Fields): Record<string, TomlValue | null> {
  if (app.autorestart === false) return { policy: "never" };
  const delayMs = app.exp_backoff_restart_delay ?? app.restart_delay;
  return {
    policy: "always",
    max_attempts: app.max_restarts,
    backoff: delayMs === null ? null : `${delayMs}ms`,
  };
}

function watchOf({ watch, ignore_watch }: Fields): TomlValue | null {
  const paths = Array.isArray(watch) && watch.length > 0 ? watch : null;
  if (watch !== true && paths === null) return null;
  const ignore = ignore_watch ?? [];
  return ignore.length === 0 ? (paths ?? true) : defined({ paths, ignore });
}

function remarksOf(app: App): string[] {
  const lost = lostOf(app);
  return lost.length === 0 ? [] : [`Not carried over: ${lost.join(", ")}.`];
}

function baseName(path: string): string {
  return path.replace(/^.*\//, "").replace(/\.\w+$/, "");
}

function defined(settings: Readonly<Record<string, TomlValue | null>>): Record<string, TomlValue> {
  return Object.fromEntries(Object.entries(settings).flatMap(([key, value]) => (value === null ? [] : [[key, value]])));
}
