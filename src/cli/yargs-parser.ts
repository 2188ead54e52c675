// Builds yargs parsers from the commands' own definitions.
import yargs, { type Argv } from "yargs";
import type { Command, PositionalSpec } from "./command.js";
import { type FlagSpecs, GLOBAL_FLAGS } from "./flags.js";

const MAX_COLUMNS = 80;

/** The parser of one command: strict, with its help. */
export function parserOf(command: Command): Argv {
  const { positionals = [], details, summary, examples = [], flags = {} } = command;
  const parser = bareParser()
    .usage(
      `Usage: hearth ${synopsis(command)}\n\n${[`${aliasesIn(command)}${summary}`, details].filter(Boolean).join("\n\n")}`,
    )
    .command(["$0", ...positionals.map(positionalSyntax)].join(" "), false, (builder) =>
      addPositionals(builder, positionals),
    );
  addFlags(parser, flags, "Options:");
  addFlags(parser, GLOBAL_FLAGS, "Options of every command:");
  for (const example of examples) parser.example(example, "");
  return parser;
}

/** A parser without any command, which neither prints nor exits by itself. */
export function bareParser(): Argv {
  return yargs()
    .scriptName("hearth")
    .locale("en")
    .help(false)
    .version(false)
    .exitProcess(false)
    .showHelpOnFail(false)
    .strict()
    .wrap(Math.min(MAX_COLUMNS, process.stdout.columns || MAX_COLUMNS))
    .parserConfiguration({
      "boolean-negation": false,
      "camel-case-expansion": false,
      "dot-notation": false,
      "parse-numbers": false,
      "parse-positional-numbers": false,
      "strip-aliased": true,
    });
}

function addPositionals(parser: Argv, positionals: readonly PositionalSpec[]): Argv {
  for (const { name, summary } of positionals) parser.positional(name, { type: "string", describe: summary });
  return parser;
}

/** Adds flags under a heading of the help. */
export function addFlags(parser: Argv, flags: FlagSpecs, group: string): Argv {
  for (const [name, spec] of Object.entries(flags)) {
    const alias = spec.short === undefined ? {} : { alias: spec.short };
    const takesValue = spec.type === "string";
    const describe = takesValue ? `${spec.value}: ${spec.summary}` : spec.summary;
    parser.option(name, { type: spec.type, describe, group, requiresArg: takesValue, ...alias });
  }
  return parser;
}

/** The command as one types it: "stop [agents..] [options]". */
export function synopsis({ name, positionals = [], takesProgram }: Command): string {
  return [name, ...positionals.map(positionalSyntax), ...(takesProgram ? ["-- <program> [arguments..]"] : [])].join(
    " ",
  );
}

/** The other names of a command, for its help. */
export function aliasesIn({ aliases = [] }: Command): string {
  return aliases.length === 0 ? "" : `(also ${aliases.map((alias) => `\`${alias}\``).join(", ")}) `;
}

function positionalSyntax({ name, required, variadic }: PositionalSpec): string {
  const inner = variadic ? `${name}..` : name;
  return required ? `<${inner}>` : `[${inner}]`;
}
