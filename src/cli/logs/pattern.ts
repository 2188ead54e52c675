// What --grep looks for.
import { setFlagsFromString } from "node:v8";
import { UsageError } from "../usage-error.js";

/**
 * Where trying every way would take for ever, as with "(a+)+$", V8 has an engine whose time grows with the line alone. It
 * knows most patterns, but none that takes capitals for small letters.
 */
const LINEAR_WHEN_SLOW = "--enable-experimental-regexp-engine-on-excessive-backtracks";

/** A regular expression as JavaScript writes it; one that begins with "(?i)" takes capitals for small letters. */
export function parsePattern(text: string): RegExp {
  const [, source = text] = /^\(\?i\)(.*)$/s.exec(text) ?? [];
  setFlagsFromString(LINEAR_WHEN_SLOW);
  try {
    return new RegExp(source, source === text ? "g" : "gi");
  } catch (error) {
    const why =
      error instanceof Error ? error.message.replace(/^Invalid regular expression: (?:\/.*\/\w*: )?/s, "") : "";
    const hint = "put a backslash before what is meant as it is written, as in `hearth logs --grep '\\(done\\)'`";
    throw new UsageError(`--grep: "${text}" is no regular expression: ${why}`, hint);
  }
}

/** Whether a text has something that the pattern stands for. */
export function matches(pattern: RegExp, text: string): boolean {
  pattern.lastIndex = 0;
  return pattern.test(text);
}
