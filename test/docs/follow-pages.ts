// Follows pages of the documentation to the letter: their files are written, their commands run, their output compared.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { chmodSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { expect, test } from "vitest";
import { newHome } from "../support/daemon.js";
import { within } from "../support/deadline.js";
import { type CommandStep, matchesShown, readDocument, type Step } from "./document.js";

export const root = resolve(import.meta.dirname, "../..");

/** README and every page of docs/, relative to the project. */
export const pages = ["README.md", ...readdirSync(join(root, "docs")).map((name) => join("docs", name))].filter(
  (name) => name.endsWith(".md"),
);

/** A test for every page that falls to this part, so that the parts are followed at the same time. */
export function followPages({ part, of }: { readonly part: number; readonly of: number }): void {
  const own = pages.filter((_, index) => index % of === part - 1);
  test.each(own)("%s can be followed to the letter", async (page) => {
    const { steps } = readDocument(readFileSync(join(root, page), "utf8"));
    const reader = new Reader();
    await reader.follow(steps);
    const wrong = steps.flatMap((step, index) => (step.kind === "file" ? [] : flaws(step, reader.printed(index))));
    expect(wrong).toEqual([]);
  });
}

function flaws({ line, command, exitCode, output }: CommandStep, printed: Printed): unknown[] {
  const isRight = printed.exitCode === exitCode && (output.length === 0 || matchesShown(output, printed.output));
  return isRight ? [] : [{ line, command, shown: { exitCode, output }, printed }];
}

interface Printed {
  readonly exitCode: number;
  readonly output: string;
}

/** What a reader has: an empty home directory and a project in it, with `hearth` and `hearthd` on the PATH. */
class Reader {
  readonly #home = newHome();
  readonly #project = join(this.#home, "project");
  readonly #printed = join(this.#home, ".printed");

  constructor() {
    for (const directory of ["bin", "project", ".printed"]) mkdirSync(join(this.#home, directory));
    for (const program of ["hearth", "hearthd"]) {
      const file = join(this.#home, "bin", program);
      writeFileSync(file, `#!/bin/sh\nexec '${process.execPath}' '${join(root, "dist", program)}.cjs' "$@"\n`);
      chmodSync(file, 0o755);
    }
  }

  /** Does all that the page says, in one shell, and leaves nothing running. */
  async follow(steps: readonly Step[]): Promise<void> {
    try {
      await this.#run(steps.flatMap((step, index) => this.#scriptOf(step, index)));
    } finally {
      await this.#run(["hearth daemon stop", "hearth daemon stop --home ~/.hearth"]);
    }
  }

  /** What the command of a step printed. */
  printed(index: number): Printed {
    const read = (name: string): string => readFileSync(join(this.#printed, name), "utf8");
    return { exitCode: Number(read(`${index}.code`)), output: read(`${index}.output`) };
  }

  /** A file is written by the shell, so that it comes to lie where the commands before it have gone. */
  #scriptOf(step: Step, index: number): string[] {
    const to = join(this.#printed, String(index));
    if (step.kind === "command") return [`{ ${step.command}`, `} >${to}.output 2>&1 </dev/null; echo $? >${to}.code`];
    const name = quoted(step.name);
    const executable = step.text.startsWith("#!") ? [`chmod +x ${name}`] : [];
    return [`mkdir -p "$(dirname ${name})"`, `cat >${name} <<'${HERE}'`, `${step.text}${HERE}`, ...executable];
  }

  async #run(script: readonly string[]): Promise<void> {
    const bin = [join(this.#home, "bin"), dirname(process.execPath), process.env.PATH].join(":");
    const shell = spawn("bash", ["--norc", "-c", script.join("\n")], {
      cwd: this.#project,
      env: { HOME: this.#home, PATH: bin, TERM: "dumb", LANG: "C.UTF-8", USER: "ada" },
      stdio: "ignore",
      // A group of its own, so that a command which never ends can be ended with all that it waits for.
      detached: true,
    });
    try {
      await within(once(shell, "exit"), () => "the commands of the page end", PAGE_MS);
    } finally {
      const isRunning = shell.exitCode === null && shell.signalCode === null;
      if (isRunning && shell.pid !== undefined) process.kill(-shell.pid, "SIGKILL");
    }
  }
}

/** A page has a dozen commands, and a busy machine may need a second and more for each. */
const PAGE_MS = 100_000;

/** Ends a file in the script; no page has it in one. */
const HERE = "=-end-of-file-=";

function quoted(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}
