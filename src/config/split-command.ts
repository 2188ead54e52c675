// A command written as one string, split into program and arguments with shell quoting; no shell ever runs it.

/** A string that cannot be split, or that means something to a shell only. */
export class CommandSyntaxError extends Error {
  override readonly name = "CommandSyntaxError";
  constructor(
    message: string,
    /** The command or advice that helps. */
    readonly hint: string,
  ) {
    super(message);
  }
}

// One piece of a word, or the space between two; in the order in which they are tried.
const PIECE =
  /(?<space>\s+)|'(?<single>[^']*)'|"(?<double>(?:[^"\\]|\\.)*)"|\\(?<escaped>.)|(?<operator>[|;&<>()`]|\$[A-Za-z0-9_{(@*#?!$-])|(?<plain>[^\s'"\\|;&<>()`$]+|\$)/sy;

/** Inside double quotes a backslash is text, except before these (POSIX shell, 2.2.3). */
const ESCAPED_IN_DOUBLE = /\\([$`"\\\n])/g;
const EXPANSION_IN_DOUBLE = /^(?:[^\\`$]|\\.|\$(?![A-Za-z0-9_{(@*#?!$-]))*/s;

/**
 * Splits at unquoted spaces; single quotes, double quotes and backslashes are those of a POSIX shell. What a shell would
 * act on (pipes, redirections, variables) is refused rather than passed on as text, which is never what was meant.
 * @throws {CommandSyntaxError}
 */
export function splitCommand(text: string): [string, ...string[]] {
  const words: string[] = [];
  let word: string | null = null;
  for (const piece of pieces(text)) {
    if (piece !== SPACE) word = (word ?? "") + piece;
    else if (word !== null) words.push(word);
    if (piece === SPACE) word = null;
  }
  if (word !== null) words.push(word);
  const [program, ...args] = words;
  if (program === undefined || program === "") throw empty();
  return [program, ...args];
}

/** Stands for the gap between two words. */
const SPACE = Symbol("space");

function* pieces(text: string): Generator<string | typeof SPACE> {
  for (let at = 0; at < text.length; at = PIECE.lastIndex) {
    PIECE.lastIndex = at;
    const groups = PIECE.exec(text)?.groups;
    if (groups === undefined) throw unfinished(text, at);
    yield pieceOf(groups);
  }
}

function pieceOf(groups: Record<string, string | undefined>): string | typeof SPACE {
  const { space, single, double, escaped, operator, plain } = groups;
  if (space !== undefined) return SPACE;
  if (operator !== undefined) throw needsShell(operator);
  if (double !== undefined) return unquoteDouble(double);
  // A backslash before a line end continues the line.
  if (escaped !== undefined) return escaped === "\n" ? "" : escaped;
  return single ?? plain ?? "";
}

function unquoteDouble(inner: string): string {
  const literal = EXPANSION_IN_DOUBLE.exec(inner)?.[0] ?? "";
  if (literal.length < inner.length) throw needsShell(inner.slice(literal.length, literal.length + 2));
  return inner.replace(ESCAPED_IN_DOUBLE, (_, character: string) => (character === "\n" ? "" : character));
}

function needsShell(operator: string): CommandSyntaxError {
  return new CommandSyntaxError(
    `"${operator}" means something to a shell only, and no shell runs a command`,
    'quote it with single quotes if it is text, or ask for a shell: command = ["sh", "-c", "..."]',
  );
}

function unfinished(text: string, at: number): CommandSyntaxError {
  const what = text[at] === "\\" ? "a backslash at the end escapes nothing" : `the quote ${text[at]} is never closed`;
  return new CommandSyntaxError(what, 'close it, or write the command as a list: command = ["program", "argument"]');
}

function empty(): CommandSyntaxError {
  return new CommandSyntaxError("the command is empty", 'name a program: command = "program argument"');
}
