// `hearth init`: a commented hearth.toml for what a project runs.
import { existsSync, writeFileSync } from "node:fs";
import { isAbsolute, join, relative, resolve } from "node:path";
import { hasCode } from "../../errno.js";
import { makeDirectories } from "../../make-directories.js";
import { configFile, locateHome, noWorkingDirectory } from "../../paths.js";
import { defineCommand } from "../command.js";
import { configSchemaUrl } from "../config-schema.js";
import type { Context } from "../context.js";
import { shellWord } from "../doctor/shell-word.js";
import { EXIT } from "../exit-codes.js";
import { findAgents, projectIn } from "../init/find.js";
import { firstFew } from "../init/first-few.js";
import { hearthToml } from "../init/hearth-toml.js";
import { plain } from "../render/text.js";

class FileExistsError extends Error {
  override readonly name = "FileExistsError";
  readonly kind = "file-exists";
  readonly hint = "edit it, then run `hearth config check`";
  constructor(file: string) {
    super(`${file} is there already`);
  }
}

export const command = defineCommand({
  name: "init",
  summary: "Writes a commented hearth.toml here, or into --home.",
  details: [
    "Agents are taken from the first of these that there is: a pm2 ecosystem file, a Procfile, the scripts of a",
    "package.json, or a guess from the files that lie here. Nothing is started, and a file that is there already is",
    "never replaced.",
  ].join(" "),
  examples: ["hearth init", "hearth init --home ~/.hearth  # for agents that belong to no project"],
  seeAlso: ["config check", "start", "help config", "help files"],
  async run({ cwd, env, named, output }) {
    // Whoever stands in a directory that was deleted would not find what is written into another of its name.
    if (!isAbsolute(named.home ?? "") && !existsSync(cwd)) throw noWorkingDirectory();
    const directory = named.home === undefined ? cwd : resolve(cwd, named.home);
    const file = join(directory, "hearth.toml");
    makeDirectories(directory, 0o700);
    const { findings, troubles } = findAgents(projectIn(directory));
    writeNew(file, hearthToml(findings, { schema: configSchemaUrl() }));
    const agents = (findings?.agents ?? []).filter(({ isOff }) => !isOff).map(({ name }) => name);
    const source = findings?.source ?? null;
    output.result({ file, source, agents }, () => [
      plain(source === null ? `wrote ${file}` : `wrote ${file} with ${firstFew(agents)}, from ${source}`),
    ]);
    for (const trouble of troubles) output.note(`note: ${plain(trouble)}`);
    const home = homeToName(file, { cwd, env, named });
    if (home !== null && named.home === undefined)
      output.note("note: HEARTH_HOME names another home: leave it unset here, or name this one to every command");
    const start = home === null ? "hearth start" : `hearth start --home ${plain(shellWord(home))}`;
    const first = agents.length === 0 ? "define an agent there" : "look through it";
    output.note(`hint: ${first}, then run \`${start}\``);
    return EXIT.done;
  },
});

/** What other commands have to be told with --home, so that they read this file; null: they find it from here. */
function homeToName(file: string, { cwd, env, named }: Pick<Context, "cwd" | "env" | "named">): string | null {
  if (named.home !== undefined) return named.home;
  const search = { cwd, userHome: null };
  if (configFile(locateHome({ ...search, env }).home) === file) return null;
  return relative(cwd, locateHome({ ...search, env: {} }).home) || ".";
}

function writeNew(file: string, text: string): void {
  try {
    writeFileSync(file, text, { flag: "wx" });
  } catch (error) {
    if (!hasCode(error, "EEXIST")) throw error;
    throw new FileExistsError(file);
  }
}
