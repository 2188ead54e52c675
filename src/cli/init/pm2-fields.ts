// The fields of a pm2 app that have a counterpart in hearth.toml: how each is read, and what of an app is lost.
import { asText, isObject } from "./json.js";

export type App = Readonly<Record<string, unknown>>;

/** How each is read, under pm2's own name for it; null for what is not what it should be. */
const READERS = {
  name: asText,
  script: asText,
  args: asWords,
  exec_interpreter: asText,
  node_args: asWords,
  cwd: asText,
  env: asVariables,
  env_file: asText,
  autostart: asFlag,
  autorestart: asFlag,
  max_restarts: asWhole,
  restart_delay: asNumber,
  exp_backoff_restart_delay: asNumber,
  kill_timeout: asNumber,
  max_memory_restart: asSize,
  cron_restart: asText,
  watch: asWatched,
  ignore_watch: asTexts,
  error_file: asText,
};

type Field = keyof typeof READERS;

/** What was read; null for what is not there, too. */
export type Fields = { readonly [F in Field]: ReturnType<(typeof READERS)[F]> };

/** Other names of these (pm2's lib/API/schema.json, and `verifyConfs` of its Common.js for cmd and command). */
const ALIASES: ReadonlyMap<string, string> = new Map([
  ["exec", "script"],
  ["cmd", "script"],
  ["command", "script"],
  ["interpreter", "exec_interpreter"],
  ["interpreter_args", "node_args"],
  ["error", "error_file"],
  ["err", "error_file"],
  ["err_file", "error_file"],
  ["err_log", "error_file"],
  ["cron", "cron_restart"],
  ["combine_logs", "merge_logs"],
]);

/** Fields that need no counterpart, since what they ask for is what Hearth does anyway. */
const NEEDLESS = new Set(["merge_logs", "vizion", "source_map_support", "time", "log_date_format"]);

/** What can be read of an app. */
export function readFields(app: App): Fields {
  const given = Object.keys(app).filter((key) => isGiven(app[key]));
  return Object.fromEntries(
    Object.entries(READERS).map(([field, read]) => {
      // pm2's own name goes before an alias.
      const key = given.includes(field) ? field : given.find((alias) => fieldOf(alias) === field);
      return [field, key === undefined ? null : read(app[key])];
    }),
  ) as unknown as Fields;
}

/** What of an app has no counterpart or is not what it should be, by the names it has there. */
export function lostOf(app: App): string[] {
  return Object.keys(app).flatMap((key) => {
    const field = fieldOf(key);
    if (!isField(field)) return NEEDLESS.has(field) ? [] : [key];
    const value = app[key];
    if (!isGiven(value)) return [];
    if (READERS[field](value) === null) return [key];
    if (field === "env") return unreadableOf(value).map((name) => `${key}.${name}`);
    return field === "ignore_watch" && !oneOrMore(value).every(isText) ? [key] : [];
  });
}

/** Nothing that pm2 would take for a value of this field. */
function isGiven(value: unknown): boolean {
  return value !== undefined && value !== null && value !== "";
}

function isField(name: string): name is Field {
  return Object.hasOwn(READERS, name);
}

/** pm2's own name for a key, which may also be written as in killTimeout. */
function fieldOf(key: string): string {
  const name = key.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
  return ALIASES.get(name) ?? name;
}

/** Arguments; text is split as pm2 does it (`_valid` of its Config.js), which also leaves out empty ones. */
function asWords(args: unknown): string[] | null {
  if (Array.isArray(args)) return args.map(String);
  if (typeof args !== "string") return null;
  return (args.match(WORDS) ?? []).map(unquoted).filter((word) => word.trim() !== "");
}

/** What stands in quotes is a word; an option whose value does keeps them. */
const WORDS = /[^\s"'=]+="[^"]*"|[^\s"'=]+='[^']*'|"[^"]*"|'[^']*'|\S+/g;

function unquoted(word: string): string {
  return word.replace(/^(["'])(.*)\1$/s, "$2");
}

/** Values of the environment, which pm2 turns into text. */
function asVariables(env: unknown): Readonly<Record<string, string>> | null {
  if (!isObject(env)) return null;
  const plain = Object.entries(env).filter(([, value]) => isPlain(value));
  return Object.fromEntries(plain.map(([name, value]) => [name, String(value)]));
}

function unreadableOf(env: unknown): string[] {
  return isObject(env) ? Object.keys(env).filter((name) => !isPlain(env[name])) : [];
}

function isPlain(value: unknown): boolean {
  return ["string", "number", "boolean"].includes(typeof value);
}

function asFlag(value: unknown): boolean | null {
  return typeof value === "boolean" ? value : null;
}

/** A number that is not negative, which may be written as text. */
function asNumber(value: unknown): number | null {
  const number = typeof value === "number" ? value : Number(asText(value) ?? Number.NaN);
  return Number.isFinite(number) && number >= 0 ? number : null;
}

function asWhole(value: unknown): number | null {
  const number = asNumber(value);
  return Number.isSafeInteger(number) ? number : null;
}

/** pm2 counts in K, M and G, or in bytes. */
function asSize(size: unknown): string | null {
  const [, amount, unit] = /^(\d+)\s*([KMG])B?$/i.exec(String(size)) ?? [];
  if (amount !== undefined && unit !== undefined) return `${amount}${unit.toUpperCase()}iB`;
  const bytes = asNumber(size);
  return bytes === null ? null : `${Math.ceil(bytes / 1024)}KiB`;
}

/** Whether to watch at all, or what. */
function asWatched(value: unknown): boolean | string[] | null {
  if (typeof value === "boolean") return value;
  const paths = oneOrMore(value);
  return paths.every(isText) ? paths : null;
}

/** What is no text was a regular expression, which hearth.toml has none of. */
function asTexts(value: unknown): string[] {
  return oneOrMore(value).filter(isText);
}

function oneOrMore(value: unknown): unknown[] {
  return Array.isArray(value) ? value : [value];
}

function isText(value: unknown): value is string {
  return asText(value) !== null;
}
