// Builds yargs parsers from the commands' own definitions. Help is none of their business: src/cli/help/ writes it.
import yargs, { type Argv } from "yargs";
import type { Command, PositionalSpec } from "./command.js";
import { type FlagSpecs, GLOBAL_FLAGS } from "./flags.js";
import { positionalSyntax } from "./synopsis.js";

/** The parser of one command: strict, and it neither prints nor exits by itself. */
export function parserOf({ positionals = [], flags = {} }: Command): Argv {
  const parser = bareParser().command(["$0", ...positionals.map(positionalSyntax)].join(" "), false, (builder) =>
    addPositionals(builder, positionals),
  );
  addFlags(parser, flags);
  addFlags(parser, GLOBAL_FLAGS);
  return parser;
}

function bareParser(): Argv {
  return yargs()
    .scriptName("hearth")
    .locale("en")
    .help(false)
    .version(false)
    .exitProcess(false)
    .showHelpOnFail(false)
    .strict()
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
  for (const { name } of positionals) parser.positional(name, { type: "string" });
  return parser;
}

function addFlags(parser: Argv, flags: FlagSpecs): void {
  for (const [name, { type, short }] of Object.entries(flags)) {
    const alias = short === undefined ? {} : { alias: short };
    parser.option(name, { type, requiresArg: type === "string", ...alias });
  }
}
