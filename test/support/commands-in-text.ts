// Finds the hearth commands that a text tells people to run, and holds them to the table of commands.
import { recognise } from "../../src/cli/command-words.js";
import { explain } from "../../src/cli/help-text.js";
import { parseFull } from "../../src/cli/parse-full.js";

const PLAIN = { columns: 80, isColourful: false };

/** What stands between backticks and begins with `hearth`, without the word itself. */
export function hearthCommandsIn(text: string): string[] {
  return [...text.matchAll(/`hearth ([a-z-][^`\n]*?)(?: \| [^`\n]*)?`/g)].map(([, words = ""]) => words);
}

/** Why somebody who types this after `hearth` would be told that it is wrong; null when it is right. */
export async function objectionTo(words: string): Promise<string | null> {
  const argv = [...words.matchAll(/'([^']*)'|"([^"]*)"|(\S+)/g)].map(([, a, b, c]) => a ?? b ?? c ?? "");
  const recognised = recognise(argv);
  if ("unknown" in recognised) return argv.includes("--help") ? null : `there is no command "${words}"`;
  const { entry, rest } = recognised.called;
  // A bare name speaks of the command as such.
  if (rest.length === 0 || rest.includes("--help")) return null;
  try {
    const { given } = parseFull((await entry.load()).command, rest);
    // A word in capitals stands for any.
    if (entry.name === "help" && !given.words.every((word) => /^[A-Z]+$/.test(word))) await explain(given.words, PLAIN);
    return null;
  } catch (error) {
    return `${words}: ${error instanceof Error ? error.message : String(error)}`;
  }
}
