// `hearth init`: a commented hearth.toml for what a project runs.
import { existsSync, writeFileSync } from "node:fs";
import { isAbsolute, join, resolve } from "node:path";
import { hasCode } from "../../errno.js";
import { makeDirectories } from "../../make-directories.js";
import { noWorkingDirectory } from "../../paths.js";
import { defineCommand } from "../command.js";
import { configSchemaUrl } from "../config-schema.js";
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
  async run({ cwd, named, output }) {
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
    output.note(agents.length === 0 ? DEFINE_ONE : "hint: look through it, then run `hearth start`");
    return EXIT.done;
  },
});

const DEFINE_ONE = "hint: define an agent there, then run `hearth start`";

function writeNew(file: string, text: string): void {
  try {
    writeFileSync(file, text, { flag: "wx" });
  } catch (error) {
    if (!hasCode(error, "EEXIST")) throw error;
    throw new FileExistsError(file);
  }
}
