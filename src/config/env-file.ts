// Reads a file of NAME=value lines, such as `.env`, into the environment of an agent.
import { readRegularFile } from "../regular-file.js";

/** An env file that cannot be read or understood. */
export class EnvFileError extends Error {
  override readonly name = "EnvFileError";
  constructor(
    readonly file: string,
    /** Counted from 1; null when the file cannot be read at all. */
    readonly line: number | null,
    message: string,
    /** The command or advice that helps. */
    readonly hint: string,
    options?: ErrorOptions,
  ) {
    super(`${file}${line === null ? "" : `:${line}`}: ${message}`, options);
  }
}

/**
 * Reads an env file; see `parseEnvFile`.
 * @throws {EnvFileError}
 */
export async function readEnvFile(file: string): Promise<Record<string, string>> {
  return parseEnvFile(await readText(file), file);
}

/**
 * Understands empty lines, `#` comments, `export NAME=value`, 'single' quotes (literal) and "double" quotes (with the
 * escapes \n \r \t \" \\ \$), either of which may span lines. Nothing is expanded; a later line wins.
 * @throws {EnvFileError} that names the line.
 */
export function parseEnvFile(text: string, file: string): Record<string, string> {
  const variables: Record<string, string> = {};
  const source = text.replace(/^\uFEFF/, "").replaceAll("\r\n", "\n");
  for (let at = 0; at < source.length; ) {
    const entry = readEntry(source, at);
    if ("wrong" in entry) throw wrongLine(file, source, at, entry.wrong);
    if (entry.name !== undefined) variables[entry.name] = entry.value;
    at = entry.end;
  }
  return variables;
}

type Entry =
  | { readonly name: string; readonly value: string; readonly end: number }
  | { readonly name?: undefined; readonly end: number }
  | { readonly wrong: string };

const BLANK = /[ \t]*(?:#[^\n]*)?(?:\n|$)/y;
const ASSIGNMENT = /[ \t]*(?:export[ \t]+)?(?<name>[^\s=#]+)[ \t]*=/y;
// A # begins a comment only after a space: NAME=#fff is a value.
const VALUE =
  /[ \t]*(?:'(?<single>[^']*)'|"(?<double>(?:[^"\\]|\\.)*)"|(?![ \t]*['"])(?!(?<=[ \t])#)(?<bare>[^\n]*?))(?:[ \t]*|[ \t]+#[^\n]*)(?:\n|$)/sy;
const NAME = /^[A-Za-z_][A-Za-z0-9_]*$/;

function readEntry(source: string, at: number): Entry {
  const blank = matchAt(BLANK, source, at);
  if (blank !== null) return { end: blank.end };
  const assignment = matchAt(ASSIGNMENT, source, at);
  if (assignment === null) return { wrong: "a line is NAME=value, a comment or empty" };
  const name = assignment.groups.name ?? "";
  if (!NAME.test(name)) return { wrong: `"${name}" is no name of a variable: letters, digits and _` };
  const value = matchAt(VALUE, source, assignment.end);
  if (value === null) return { wrong: `the quotes of ${name} are not closed, or text follows them` };
  if (value.text.includes("\0")) return { wrong: `the value of ${name} contains a NUL, which no environment can hold` };
  return { name, value: unquote(value.groups), end: value.end };
}

interface Match {
  readonly text: string;
  readonly groups: Record<string, string | undefined>;
  readonly end: number;
}

function matchAt(pattern: RegExp, source: string, at: number): Match | null {
  pattern.lastIndex = at;
  const match = pattern.exec(source);
  return match === null ? null : { text: match[0], groups: match.groups ?? {}, end: pattern.lastIndex };
}

const ESCAPES: ReadonlyMap<string, string> = new Map([
  ["n", "\n"],
  ["r", "\r"],
  ["t", "\t"],
  ['"', '"'],
  ["\\", "\\"],
  ["$", "$"],
]);

function unquote({ single, double, bare }: Record<string, string | undefined>): string {
  if (double === undefined) return single ?? bare ?? "";
  return double.replace(/\\(.)/gs, (both, character: string) => ESCAPES.get(character) ?? both);
}

async function readText(file: string): Promise<string> {
  try {
    return (await readRegularFile(file)).toString();
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    const hint = "make the file, or correct env_file in hearth.toml";
    throw new EnvFileError(file, null, `the env file cannot be read: ${reason}`, hint, { cause });
  }
}

function wrongLine(file: string, source: string, at: number, message: string): EnvFileError {
  const line = source.slice(0, at).split("\n").length;
  return new EnvFileError(file, line, message, 'write it like NAME=value or NAME="value with spaces"');
}
