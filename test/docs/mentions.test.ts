// What the documentation mentions exists: its commands with their flags, and the files it links to.
import { existsSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { expect, test } from "vitest";
import { recognise } from "../../src/cli/command-words.js";
import { parseFull } from "../../src/cli/parse-full.js";
import { splitCommand } from "../../src/config/split-command.js";
import { type Mention, readDocument } from "./document.js";
import { pages, root } from "./follow-pages.js";

/** @throws {UsageError} {Error} there is no such command, or it has no such flag. */
async function parse({ command }: Mention): Promise<void> {
  const [, ...argv] = splitCommand(command.replace(/ (?:[|<>#]|&&).*$/, ""));
  const isAboutAny = argv[0] === "COMMAND" || argv[0]?.startsWith("-");
  if (isAboutAny) return;
  const recognised = recognise(argv);
  if ("unknown" in recognised) throw new Error("there is no such command");
  const { entry, rest } = recognised.called;
  if (!rest.includes("--help")) parseFull((await entry.load()).command, rest);
}

test.each(pages)("%s mentions only commands that there are", async (page) => {
  const { mentions } = readDocument(readFileSync(join(root, page), "utf8"));
  const attempts = await Promise.allSettled(mentions.map(parse));
  const wrong = attempts.flatMap((attempt, index) =>
    attempt.status === "rejected" ? [{ ...mentions[index], why: String(attempt.reason) }] : [],
  );
  expect(wrong).toEqual([]);
});

test.each(pages)("%s links only to files that there are", (page) => {
  const text = readFileSync(join(root, page), "utf8");
  const targets = [...text.matchAll(/\]\((?!https?:)([^)#]+)(?:#[^)]*)?\)/g)].map(([, target = ""]) => target);
  expect(targets.filter((target) => !existsSync(join(root, dirname(page), target)))).toEqual([]);
});
