// Builds yargs parsers from the commands' own flags. Help is none of their business: src/cli/help/ writes it.
import yargs, { type Argv } from "yargs";
import type { Command } from "./command.js";
import { type FlagSpecs, GLOBAL_FLAGS } from "./flags.js";

/**
 * The parser of one command: strict about flags, and it neither prints nor exits by itself. It leaves words in `_`: a
 * positional that yargs knows of could be given as a flag, and "-" for one would be lost.
 */
export function parserOf({ flags = {} }: Command): Argv {
  const parser = bareParser();
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
    .strictOptions()
    .parserConfiguration({
      "boolean-negation": false,
      "camel-case-expansion": false,
      "dot-notation": false,
      "parse-numbers": false,
      "parse-positional-numbers": false,
      "strip-aliased": true,
    });
}

function addFlags(parser: Argv, flags: FlagSpecs): void {
  for (const [name, { type, short }] of Object.entries(flags)) {
    const alias = short === undefined ? {} : { alias: short };
    parser.option(name, { type, requiresArg: type === "string", ...alias });
  }
}
