// The texts of `hearth help` and --help.
import type { Hint } from "../../protocol/hint.js";
import { suggest } from "../../protocol/suggest.js";
import { COMMANDS, findCommand } from "./commands.js";
import { GLOBAL_FLAGS } from "./flags.js";
import { TOPIC_NAMES, topic } from "./render/topics.js";
import { UsageError } from "./usage-error.js";
import { addFlags, aliasesIn, bareParser, parserOf, synopsis } from "./yargs-parser.js";

/**
 * The help for a command, for a topic, or for the program when there are no words.
 * @throws {UsageError} nothing has this name.
 */
export async function explain(words: readonly string[]): Promise<string> {
  if (words.length === 0) return programHelp();
  const entry = findCommand(words.join(" "));
  const help = entry === undefined ? undefined : await parserOf((await entry.load()).command).getHelp();
  const texts = [help, topic(words.join(" "))].filter((text) => text !== undefined);
  if (texts.length === 0) throw unknownCommand(words);
  return texts.join("\n\n");
}

/** The help of the program: every command in a line. */
async function programHelp(): Promise<string> {
  const commands = await Promise.all(COMMANDS.map(async ({ load }) => (await load()).command));
  const topics = TOPIC_NAMES.map((topic) => `\`hearth help ${topic}\``).join(", ");
  const parser = bareParser()
    .usage("Usage: hearth <command> [options]\n\nKeeps long-running agents alive on this machine.")
    .epilogue(`\`hearth help COMMAND\` explains a command; see also ${topics}.`);
  for (const command of commands) parser.command(synopsis(command), aliasesIn(command) + command.summary);
  return addFlags(parser, GLOBAL_FLAGS, "Options of every command:").getHelp();
}

/** For words that name no command, with the nearest that does. */
export function unknownCommand(words: readonly string[]): UsageError {
  const [first = "", second] = words;
  const names = COMMANDS.flatMap(({ name, aliases }) => [name, ...aliases]);
  const group = names.filter((name) => name.startsWith(`${first} `));
  if (group.length > 0 && second === undefined) return new UsageError(`${first}: what to do?`, listOf(group));
  const [best] = group.length > 0 ? suggest(words.join(" "), group) : suggestAmong(words, names);
  const fallback: Hint = group.length > 0 ? listOf(group) : "run `hearth help`";
  const hint: Hint = best === undefined ? fallback : `did you mean \`hearth ${best}\`?`;
  return new UsageError(`there is no command "${words.join(" ")}"`, hint);
}

/** A second word may be the command's second or its first argument. */
function suggestAmong(words: readonly string[], names: readonly string[]): string[] {
  return [...suggest(words.join(" "), names), ...suggest(words[0] ?? "", names)];
}

function listOf(commands: readonly string[]): Hint {
  return `there are: ${commands.map((name) => `\`hearth ${name}\``).join(", ")}; \`hearth help\` tells of them`;
}
