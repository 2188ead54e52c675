// A command in one line, as one types it.
import type { Command, PositionalSpec } from "./command.js";

/** Such as "stop [agents..]", behind which options can stand. */
export function synopsis({ name, positionals = [], takesProgram }: Command): string {
  return [name, ...positionals.map(positionalSyntax), ...(takesProgram ? ["-- <program> [arguments..]"] : [])].join(
    " ",
  );
}

/** `<required>`, `[optional]`, and with dots what takes several. */
export function positionalSyntax({ name, required, variadic }: PositionalSpec): string {
  const inner = variadic ? `${name}..` : name;
  return required ? `<${inner}>` : `[${inner}]`;
}
