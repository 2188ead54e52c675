// What an error says about what helps: words around the command that does it.

/**
 * Names, between backticks, the hearth command that comes next. The compiler thus holds every error to having one, and a
 * test holds each of these commands to the table of those that there are.
 */
export type Hint = `${string}\`hearth ${string}\`${string}`;

/** Begins the line of a hint where a program tells what went wrong. */
export const HINT_MARK = "hint: ";

/** Advice that may name a command already, as a hint; otherwise `next` follows it: "make it, then run ...". */
export function hintOf(advice: string, next: Hint): Hint {
  return namesCommand(advice) ? advice : `${advice}, then ${next}`;
}

function namesCommand(advice: string): advice is Hint {
  return /`hearth [^`]+`/.test(advice);
}
