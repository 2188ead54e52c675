// What V8 compiled of hearthd at build time: used where it fits, never needed.
import { execFileSync } from "node:child_process";
import { copyFileSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { expect, test } from "vitest";
import { DAEMON_VERSION } from "../../protocol/version.js";
import { NODE_ARGUMENTS } from "../../src/client/program.js";
import { HEARTHD, newHome } from "../support/daemon.js";

const CHUNKS = join(dirname(HEARTHD), "chunks");

/** The name of the file with the compiled code that belongs to the program and this Node. */
function codeFile(): string {
  const id = /^\/\/# program (\w+)$/m.exec(readFileSync(HEARTHD, "latin1"))?.[1];
  return `hearthd-${id}-${process.version}-${process.platform}-${process.arch}.code`;
}

/** Runs a copy of hearthd that finds this beside it in place of its compiled code. */
function versionBeside(code: Uint8Array): string {
  const home = newHome();
  mkdirSync(join(home, "chunks"));
  writeFileSync(join(home, "chunks", codeFile()), code);
  copyFileSync(HEARTHD, join(home, "hearthd.cjs"));
  return execFileSync(process.execPath, [...NODE_ARGUMENTS, join(home, "hearthd.cjs"), "--version"], {
    encoding: "utf8",
  });
}

test("the Node that built hearthd takes its compiled code, when it is started as the client starts it", () => {
  expect(readdirSync(CHUNKS)).toContain(codeFile());
  const observed = `
    const vm = require("node:vm");
    const { Script } = vm;
    vm.Script = class extends Script {
      constructor(...args) {
        super(...args);
        if (args[1].cachedData !== undefined) process.stdout.write(this.cachedDataRejected ? "rejected " : "taken ");
      }
    };
    process.argv.splice(1, 0, ${JSON.stringify(HEARTHD)});
    require(${JSON.stringify(HEARTHD)});`;
  const args = [...NODE_ARGUMENTS, "-e", observed, "--", "--version"];
  expect(execFileSync(process.execPath, args, { encoding: "utf8" })).toBe(`taken ${DAEMON_VERSION}\n`);
});

test.each([
  ["was cut short", (code: Buffer) => code.subarray(0, code.length / 2)],
  ["is empty", () => Buffer.alloc(0)],
  ["is none", () => Buffer.from("#!/bin/sh\n".repeat(1000))],
])("compiled code that %s is not taken, and hearthd starts without it", (_, changed) => {
  expect(versionBeside(changed(readFileSync(join(CHUNKS, codeFile()))))).toBe(`${DAEMON_VERSION}\n`);
});
