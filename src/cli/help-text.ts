// The texts of `hearth help` and --help: which page is meant, and what to say when there is none.
import type { Hint } from "../../protocol/hint.js";
import { suggest } from "../../protocol/suggest.js";
import { COMMANDS, findCommand } from "./commands.js";
import { commandPage } from "./help/command-page.js";
import { familyPage, overview } from "./help/overview-page.js";
import { TOPICS } from "./help/topics.js";
import { layOut } from "./render/page.js";
import type { Style } from "./render/text.js";
import { UsageError } from "./usage-error.js";

/**
 * What `hearth help` shows for a command, for a topic, or for the program when there are no words. What is both has both.
 * @throws {UsageError} nothing has this name.
 */
export async function explain(words: readonly string[], style: Style): Promise<string> {
  if (words.length === 0) return (await overview(style)).join("\n");
  const name = words.join(" ");
  const pages = [await commandHelp(name, style), await topicHelp(name, style)].filter((page) => page !== undefined);
  if (pages.length === 0) throw unknownTopic(words);
  return pages.join("\n\n");
}

/**
 * What --help shows behind the words of a command, of a family of commands, or behind none.
 * @throws {UsageError} nothing is called so.
 */
export async function explainCommand(words: readonly string[], style: Style): Promise<string> {
  if (words.length === 0) return explain([], style);
  const page = await commandHelp(words.join(" "), style);
  if (page === undefined) throw unknownCommand(words);
  return page;
}

async function commandHelp(name: string, style: Style): Promise<string | undefined> {
  const entry = findCommand(name);
  if (entry === undefined) return (await familyPage(name, style))?.join("\n");
  return layOut(commandPage((await entry.load()).command), style).join("\n");
}

async function topicHelp(name: string, style: Style): Promise<string | undefined> {
  const topic = TOPICS.find((topic) => topic.name === name);
  return topic === undefined ? undefined : layOut((await topic.load()).page(), style).join("\n");
}

/** For words of `hearth help` that nothing is called by. */
function unknownTopic(words: readonly string[]): UsageError {
  const [nearest] = suggestAmong(words, [...commandNames(), ...TOPICS.map(({ name }) => name)]);
  const hint: Hint = nearest === undefined ? "run `hearth help`" : `did you mean \`hearth help ${nearest}\`?`;
  return new UsageError(`there is no command and no topic "${words.join(" ")}"`, hint);
}

/** For words that name no command, with the nearest that does. */
export function unknownCommand(words: readonly string[]): UsageError {
  const [first = "", second] = words;
  const names = commandNames();
  const group = names.filter((name) => name.startsWith(`${first} `));
  if (group.length > 0 && second === undefined) return new UsageError(`${first}: what to do?`, listOf(group));
  const [best] = group.length > 0 ? suggest(words.join(" "), group) : suggestAmong(words, names);
  const fallback: Hint = group.length > 0 ? listOf(group) : "run `hearth help`";
  const hint: Hint = best === undefined ? fallback : `did you mean \`hearth ${best}\`?`;
  return new UsageError(`there is no command "${words.join(" ")}"`, hint);
}

function commandNames(): string[] {
  return COMMANDS.flatMap(({ name, aliases }) => [name, ...aliases]);
}

/** A second word may be the command's second or its first argument. */
function suggestAmong(words: readonly string[], names: readonly string[]): string[] {
  return [...suggest(words.join(" "), names), ...suggest(words[0] ?? "", names)];
}

function listOf(commands: readonly string[]): Hint {
  return `there are: ${commands.map((name) => `\`hearth ${name}\``).join(", ")}; \`hearth help\` tells of them`;
}
