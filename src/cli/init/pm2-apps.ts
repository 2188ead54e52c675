// The apps of a pm2 ecosystem file as agents, with what of them Hearth has no counterpart for.
import { asObject, asText } from "./json.js";
import type { Found } from "./proposal.js";
import type { TomlValue } from "./toml.js";

type App = Readonly<Record<string, unknown>>;

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

/** Fields that have a counterpart or need none, since what they ask for is what Hearth does anyway. */
const UNDERSTOOD = new Set([
  ...["name", "script", "args", "interpreter", "exec_interpreter", "interpreter_args", "node_args", "cwd", "env"],
  ...["env_file", "autorestart", "autostart", "max_restarts", "restart_delay", "exp_backoff_restart_delay"],
  ...["max_memory_restart", "cron_restart", "cron", "watch", "ignore_watch", "kill_timeout", "error_file", "err_file"],
  ...["merge_logs", "vizion", "source_map_support", "time", "log_date_format", "combine_logs"],
]);

/** The apps of what an ecosystem file exports: `{apps: [...]}`, a list, or a single one. */
export function pm2Agents(exported: unknown): Found[] {
  const { apps } = asObject(exported);
  const list = Array.isArray(apps) ? apps : Array.isArray(exported) ? exported : [apps ?? exported];
  return list.map(asObject).flatMap((app) => agentOf(app));
}

function agentOf(app: App): Found[] {
  const command = commandOf(app);
  if (command === null) return [];
  const name = asText(app.name) ?? baseName(command[0] === "node" ? (command[1] ?? "app") : (command[0] ?? "app"));
  return [{ name, settings: defined({ command, ...settingsOf(app) }), remarks: remarksOf(app) }];
}

function commandOf(app: App): string[] | null {
  const script = asText(app.script);
  if (script === null) return null;
  // A script may be written with its arguments, as in "npm start".
  const [program = "", ...words] = script.trim().split(/\s+/);
  const interpreter = asText(app.interpreter) ?? asText(app.exec_interpreter) ?? interpreterOf(program);
  const before = interpreter === "none" ? [] : [interpreter, ...wordsOf(app.interpreter_args ?? app.node_args)];
  return [...before, program, ...words, ...wordsOf(app.args)];
}

function interpreterOf(program: string): string {
  return INTERPRETERS[/\.(\w+)$/.exec(program)?.[1] ?? ""] ?? "none";
}

function settingsOf(app: App): Record<string, TomlValue | undefined> {
  return {
    cwd: asText(app.cwd) ?? undefined,
    env: textsOf(app.env),
    env_file: asText(app.env_file) ?? undefined,
    autostart: app.autostart !== false,
    restart: defined(restartOf(app)),
    stop: typeof app.kill_timeout === "number" ? { grace: `${app.kill_timeout}ms` } : undefined,
    max_memory: sizeOf(app.max_memory_restart),
    cron: asText(app.cron_restart) ?? asText(app.cron) ?? undefined,
    watch: watchOf(app),
    stderr: asText(app.error_file) ?? asText(app.err_file) ?? undefined,
  };
}

/** pm2 restarts whatever ends, at once, and gives up after 16 restarts of a program that ends within a second. */
function restartOf(app: App): Record<string, TomlValue | undefined> {
  if (app.autorestart === false) return { policy: "never" };
  const delayMs = app.exp_backoff_restart_delay ?? app.restart_delay;
  return {
    policy: "always",
    max_attempts: typeof app.max_restarts === "number" ? app.max_restarts : undefined,
    backoff: typeof delayMs === "number" ? `${delayMs}ms` : undefined,
  };
}

function watchOf(app: App): TomlValue | undefined {
  const paths = oneOrMore(app.watch).flatMap((path) => asText(path) ?? []);
  if (app.watch !== true && paths.length === 0) return undefined;
  const ignore = oneOrMore(app.ignore_watch).flatMap((pattern) => asText(pattern) ?? []);
  if (ignore.length === 0) return paths.length === 0 ? true : paths;
  return defined({ paths: paths.length === 0 ? undefined : paths, ignore });
}

function remarksOf(app: App): string[] {
  const lost = Object.keys(app).filter((key) => !UNDERSTOOD.has(key));
  const isIgnoredByText = oneOrMore(app.ignore_watch).every((pattern) => asText(pattern) !== null);
  // What is no text was a regular expression, which hearth.toml has none of.
  const names = isIgnoredByText ? lost : [...lost, "ignore_watch"];
  return names.length === 0 ? [] : [`Not carried over: ${names.join(", ")}.`];
}

/** pm2 counts in K, M and G, or in bytes. */
function sizeOf(size: unknown): string | undefined {
  const [, amount, unit] = /^(\d+)\s*([KMG])B?$/i.exec(String(size)) ?? [];
  if (amount !== undefined && unit !== undefined) return `${amount}${unit.toUpperCase()}iB`;
  return typeof size === "number" ? `${Math.ceil(size / 1024)}KiB` : undefined;
}

/** Values of the environment, which pm2 turns into text. */
function textsOf(env: unknown): TomlValue | undefined {
  const texts = Object.entries(asObject(env)).filter(([, value]) =>
    ["string", "number", "boolean"].includes(typeof value),
  );
  return texts.length === 0 ? undefined : Object.fromEntries(texts.map(([name, value]) => [name, String(value)]));
}

/** Arguments; text is split as pm2 does it (`_valid` of its Config.js), which also leaves out empty ones. */
function wordsOf(args: unknown): string[] {
  if (Array.isArray(args)) return args.map(String);
  return (asText(args)?.match(WORDS) ?? []).map(unquoted).filter((word) => word.trim() !== "");
}

/** What stands in quotes is a word; an option whose value does keeps them. */
const WORDS = /[^\s"'=]+="[^"]*"|[^\s"'=]+='[^']*'|"[^"]*"|'[^']*'|\S+/g;

function unquoted(word: string): string {
  return word.replace(/^(["'])(.*)\1$/s, "$2");
}

function oneOrMore(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : value === undefined ? [] : [value];
}

function baseName(path: string): string {
  return path.replace(/^.*\//, "").replace(/\.\w+$/, "");
}

function defined(settings: Readonly<Record<string, TomlValue | undefined>>): Record<string, TomlValue> {
  return Object.fromEntries(
    Object.entries(settings).flatMap(([key, value]) => (value === undefined ? [] : [[key, value]])),
  );
}
