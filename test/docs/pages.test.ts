// Every page of the documentation is followed to the letter: its files are written, its commands run, its output compared.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { expect, test } from "vitest";
import { recognise } from "../../src/cli/command-words.js";
import { parseFull } from "../../src/cli/parse-full.js";
import { splitCommand } from "../../src/config/split-command.js";
import { newHome } from "../support/daemon.js";
import { within } from "../support/deadline.js";
import { type CommandStep, type Mention, matchesShown, readDocument, type Step } from "./document.js";

const root = resolve(import.meta.dirname, "../..");
const pages = ["README.md", ...readdirSync(join(root, "docs")).map((name) => join("docs", name))].filter((name) =>
  name.endsWith(".md"),
);

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
const PAGE_MS = 50_000;

/** Ends a file in the script; no page has it in one. */
const HERE = "=-end-of-file-=";

function quoted(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}

test.each(pages)("%s can be followed to the letter", async (page) => {
  const { steps } = readDocument(readFileSync(join(root, page), "utf8"));
  const reader = new Reader();
  await reader.follow(steps);
  const wrong = steps.flatMap((step, index) => (step.kind === "file" ? [] : flaws(step, reader.printed(index))));
  expect(wrong).toEqual([]);
});

function flaws({ line, command, exitCode, output }: CommandStep, printed: Printed): unknown[] {
  const isRight = printed.exitCode === exitCode && (output.length === 0 || matchesShown(output, printed.output));
  return isRight ? [] : [{ line, command, shown: { exitCode, output }, printed }];
}

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
