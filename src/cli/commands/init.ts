// `hearth init`: a commented hearth.toml to begin with.
import { mkdirSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { defineCommand } from "../command.js";
import { EXIT } from "../exit-codes.js";
import { TEMPLATE } from "../init-template.js";

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
  summary: "Writes a commented hearth.toml here, or into --home; never replaces one.",
  async run({ cwd, named, output }) {
    const directory = named.home === undefined ? cwd : resolve(cwd, named.home);
    const file = join(directory, "hearth.toml");
    mkdirSync(directory, { recursive: true, mode: 0o700 });
    writeNew(file);
    output.result({ file }, () => [`wrote ${file}`]);
    output.note("hint: define an agent there, then run `hearth start`");
    return EXIT.done;
  },
});

function writeNew(file: string): void {
  try {
    writeFileSync(file, TEMPLATE, { flag: "wx" });
  } catch (error) {
    if (!(error instanceof Error && "code" in error && error.code === "EEXIST")) throw error;
    throw new FileExistsError(file);
  }
}
