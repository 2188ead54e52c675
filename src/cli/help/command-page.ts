// The page of one command, from its definition.
import type { Command } from "../command.js";
import { EXIT, type ExitName } from "../exit-codes.js";
import { type FlagSpec, type FlagSpecs, GLOBAL_FLAGS } from "../flags.js";
import { type Block, code, HARD_SPACE, heading, type Term, terms, text } from "../render/page.js";
import { synopsis } from "../synopsis.js";

const USAGE = "Usage: ";

/** What `hearth COMMAND --help` shows. */
export function commandPage(command: Command): Block[] {
  const { summary, details, positionals = [], flags = {}, examples = [], exits = {}, seeAlso = [] } = command;
  return [
    text(`${USAGE}hearth ${withOptions(synopsis(command))}`, { hanging: USAGE.length }),
    text([summary, aliasesOf(command)].filter(Boolean).join(" ")),
    ...(details?.split("\n\n") ?? []).map((paragraph) => text(paragraph)),
    ...section(
      "Arguments:",
      positionals.map(({ name, summary }) => ({ term: name, meaning: summary })),
    ),
    ...section("Options:", flagTerms(flags)),
    ...section("Options of every command:", flagTerms(GLOBAL_FLAGS)),
    ...section("Exit codes:", exitTerms(exits)),
    ...(examples.length > 0 ? [heading("Examples:"), code(...examples)] : []),
    text(`See also: ${[...seeAlso, "help exit-codes"].map(asOneWord).join(", ")}`, { hanging: 2 }),
  ];
}

/** Behind `--` options are the program's. */
function withOptions(usage: string): string {
  return usage.includes(" -- ") ? usage.replace(" -- ", " [options] -- ") : `${usage} [options]`;
}

function asOneWord(words: string): string {
  return `hearth ${words}`.replaceAll(" ", HARD_SPACE);
}

function section(title: string, rows: readonly Term[]): Block[] {
  return rows.length > 0 ? [heading(title), terms(rows)] : [];
}

function aliasesOf({ aliases = [] }: Command): string {
  return aliases.length > 0 ? `Also called ${aliases.map((alias) => `\`hearth ${alias}\``).join(", ")}.` : "";
}

function flagTerms(flags: FlagSpecs): Term[] {
  // The long names stand below each other when there are short ones among them.
  const gap = Object.values(flags).some(({ short }) => short !== undefined) ? "    " : "";
  return Object.entries(flags).map(([name, spec]) => ({ term: flagTerm(name, spec, gap), meaning: spec.summary }));
}

function flagTerm(name: string, spec: FlagSpec, gap: string): string {
  const short = spec.short === undefined ? gap : `-${spec.short}, `;
  return `${short}--${name}${spec.type === "string" ? ` ${spec.value}` : ""}`;
}

function exitTerms(exits: NonNullable<Command["exits"]>): Term[] {
  return Object.entries(exits)
    .map(([name, meaning]) => ({ code: EXIT[name as ExitName], meaning }))
    .sort((a, b) => a.code - b.code)
    .map(({ code, meaning }) => ({ term: String(code), meaning }));
}
