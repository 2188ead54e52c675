// Puts a command together as Windows takes it: one line, which the program takes apart again.

/** Quoted as the C runtime, and with it nearly every program, reads it: backslashes count only before a quote. */
export function commandLineOf(command: readonly string[]): string {
  return command.map(quoted).join(" ");
}

function quoted(argument: string): string {
  if (argument !== "" && !/[\s"]/.test(argument)) return argument;
  const inner = argument.replace(/(\\*)"/g, '$1$1\\"').replace(/(\\+)$/, "$1$1");
  return `"${inner}"`;
}
