// What V8 compiled of the programs at build time: used where it fits, never needed.
import { spawnSync } from "node:child_process";
import { copyFileSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { expect, test } from "vitest";
import { DAEMON_VERSION } from "../../protocol/version.js";
import { NODE_ARGUMENTS } from "../../src/client/program.js";
import { HEARTHD, newHome } from "../support/daemon.js";

const DIST = dirname(HEARTHD);

interface Start {
  readonly what: string;
  /** Those that are loaded, one after the other. */
  readonly programs: readonly string[];
  readonly args: readonly string[];
  readonly nodeArguments: readonly string[];
  readonly prints: string;
}

/** Short runs that end by themselves: a daemon's, a script's, and one of a person who is told that there is no daemon. */
const STARTS: readonly Start[] = [
  {
    what: "a daemon",
    programs: ["hearthd"],
    args: ["--version"],
    nodeArguments: NODE_ARGUMENTS,
    prints: DAEMON_VERSION,
  },
  {
    what: "a script's status",
    programs: ["hearth"],
    args: ["status", "--json"],
    nodeArguments: [],
    prints: '"kind":"offline"',
  },
  {
    what: "a person's status",
    programs: ["hearth", "hearth-status"],
    args: ["status"],
    nodeArguments: [],
    prints: "daemon offline",
  },
];

/** The name of the file with the compiled code that belongs to a program and this Node. */
function codeFile(program: string): string {
  const [, id] = /^\/\/# program [\w-]+ (\w+)/m.exec(readFileSync(join(DIST, `${program}.cjs`), "latin1")) ?? [];
  return `${program}-${id}-${process.version}-${process.platform}-${process.arch}.code`;
}

function output(args: readonly string[]): string {
  const env = { PATH: process.env.PATH, HEARTH_HOME: newHome() };
  const { stdout, stderr } = spawnSync(process.execPath, args, { encoding: "utf8", env });
  return stdout + stderr;
}

test.each(STARTS)(
  "the Node that built the programs takes the compiled code for $what, when that is started as usual",
  (start) => {
    const { programs, args, nodeArguments, prints } = start;
    for (const program of programs) expect(readdirSync(join(DIST, "chunks"))).toContain(codeFile(program));
    const main = join(DIST, `${programs[0]}.cjs`);
    const observed = `
    const vm = require("node:vm");
    const { Script } = vm;
    vm.Script = class extends Script {
      constructor(...args) {
        super(...args);
        if (args[1].cachedData !== undefined) process.stdout.write(this.cachedDataRejected ? "rejected " : "taken ");
      }
    };
    process.argv.splice(1, 0, ${JSON.stringify(main)});
    require(${JSON.stringify(main)});`;
    const printed = output([...nodeArguments, "-e", observed, "--", ...args]);
    expect(printed).toMatch(new RegExp(`^(taken ){${programs.length}}[^]*${prints.replaceAll(".", "\\.")}`));
    expect(printed).not.toContain("rejected");
  },
);

const UNFIT: readonly [string, (code: Buffer) => Uint8Array][] = [
  ["was cut short", (code) => code.subarray(0, code.length / 2)],
  ["is empty", () => Buffer.alloc(0)],
  ["is none", () => Buffer.from("#!/bin/sh\n".repeat(1000))],
];
const CASES = STARTS.flatMap((start) => UNFIT.map(([fault, changed]) => ({ ...start, fault, changed })));

test.each(CASES)("compiled code for $what that $fault is not taken, and the program starts without it", (start) => {
  const { programs, args, nodeArguments, prints, changed } = start;
  const place = newHome();
  mkdirSync(join(place, "chunks"));
  for (const program of programs) {
    copyFileSync(join(DIST, `${program}.cjs`), join(place, `${program}.cjs`));
    const code = readFileSync(join(DIST, "chunks", codeFile(program)));
    writeFileSync(join(place, "chunks", codeFile(program)), changed(code));
  }
  expect(output([...nodeArguments, join(place, `${programs[0]}.cjs`), ...args])).toContain(prints);
});

test("a trace of an error shows where in the program it is, not where that was built", () => {
  const failing = `process.stdout.write = () => { throw new Error("no output") }; process.argv.splice(1, 0, "hearth");`;
  const program = join(DIST, "hearth.cjs");
  const printed = output(["-e", `${failing} require(${JSON.stringify(program)})`, "--", "status", "--json"]);
  expect(printed).toMatch(new RegExp(`\\((?:.*/)?${basename(program)}:\\d+:\\d+\\)`));
  expect(printed).not.toContain("hearth-code-");
});
