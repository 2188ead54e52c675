// A command line as it stands in a shell while it is typed: its words without quotes, up to the cursor. Runs nothing.

/** How a shell quotes: fish has escapes inside single quotes. */
export type Dialect = "posix" | "fish";

/** What is known of the shell it is typed in. */
export interface ShellSurroundings {
  readonly dialect: Dialect;
  /** For `$NAME` in words; a name that is not there is empty, as in a shell. */
  readonly env: Readonly<Record<string, string | undefined>>;
}

/** A command line, as far as it has been typed. */
export interface ShellLine {
  /** `NAME=value` in front of the command. */
  readonly assignments: Readonly<Record<string, string>>;
  /** Complete words behind the program's name. */
  readonly words: readonly string[];
  /** The word in which the cursor is, up to the cursor. */
  readonly current: string;
}

const ASSIGNMENT = /^([A-Za-z_]\w*)=(.*)$/s;

// One piece of a word, or the space between two; in the order in which they are tried. A quote may still be open at the end.
const PIECE = {
  posix:
    /(?<space>\s+)|'(?<single>[^']*)'?|"(?<double>(?:[^"\\]|\\.)*)(?:"|\\?$)|\$\{(?<braced>\w+)\}|\$(?<variable>[A-Za-z_]\w*)|\\(?<escaped>.?)|(?<plain>[^\s'"\\$]+|\$)/sy,
  fish: /(?<space>\s+)|'(?<single>(?:[^'\\]|\\.)*)(?:'|\\?$)|"(?<double>(?:[^"\\]|\\.)*)(?:"|\\?$)|\{\$(?<braced>\w+)\}|\$(?<variable>[A-Za-z_]\w*)|\\(?<escaped>.?)|(?<plain>[^\s'"\\${]+|\$|\{)/sy,
};

const ESCAPED_IN_SINGLE = { posix: /(?!)/g, fish: /\\(['\\])/g };
const IN_DOUBLE = /\\(?<escaped>[$`"\\\n])|\$\{(?<braced>\w+)\}|\$(?<variable>[A-Za-z_]\w*)/g;

/** Reads a command line up to the cursor. What a shell would have to run, such as `$(...)`, stays as it is written. */
export function readShellLine(text: string, surroundings: ShellSurroundings): ShellLine {
  const words = splitWords(text, surroundings);
  const current = words.pop() ?? "";
  const first = words.findIndex((word) => !ASSIGNMENT.test(word));
  const start = first < 0 ? words.length : first;
  const assigned = words.slice(0, start).map((word) => ASSIGNMENT.exec(word)?.slice(1) as [string, string]);
  const home = surroundings.env.HOME ?? "";
  const assignments = Object.fromEntries(assigned.map(([name, value]) => [name, value.replace(/^~(?=\/|$)/, home)]));
  return { assignments, words: words.slice(start + 1), current };
}

/** Every word; the last is the one at the cursor, and empty behind a space. */
function splitWords(text: string, surroundings: ShellSurroundings): string[] {
  const words = [""];
  const piece = PIECE[surroundings.dialect];
  for (let at = 0; at < text.length; at = piece.lastIndex) {
    piece.lastIndex = at;
    const groups = piece.exec(text)?.groups ?? {};
    const begun = groups.space === undefined ? (words.pop() ?? "") : "";
    words.push(begun + textOf(groups, { isFirst: begun === "", ...surroundings }));
  }
  // Spaces in front of the first word are no word.
  return words[0] === "" && words.length > 1 ? words.slice(1) : words;
}

function textOf(
  { space, single, double, braced, variable, escaped, plain }: Readonly<Record<string, string | undefined>>,
  { isFirst, dialect, env }: ShellSurroundings & { readonly isFirst: boolean },
): string {
  if (space !== undefined) return "";
  if (plain !== undefined) return isFirst ? plain.replace(/^~(?=\/|$)/, env.HOME ?? "~") : plain;
  if (single !== undefined) return single.replace(ESCAPED_IN_SINGLE[dialect], "$1");
  if (double !== undefined) return unquoteDouble(double, env);
  if (escaped !== undefined) return escaped === "\n" ? "" : escaped;
  return env[braced ?? variable ?? ""] ?? "";
}

function unquoteDouble(text: string, env: ShellSurroundings["env"]): string {
  return text.replace(IN_DOUBLE, (...match) => {
    const { escaped, braced, variable } = match.at(-1) as Readonly<Record<string, string | undefined>>;
    if (escaped !== undefined) return escaped === "\n" ? "" : escaped;
    return env[braced ?? variable ?? ""] ?? "";
  });
}
