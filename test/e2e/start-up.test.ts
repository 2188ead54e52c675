// What a start loads of Node, which is what it costs: held by what is loaded, since times depend on the machine.
import { execFileSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { builtinModules } from "node:module";
import { join, resolve } from "node:path";
import { expect, test } from "vitest";
import { NODE_ARGUMENTS } from "../../src/client/program.js";
import { HEARTHD, newHome, startDaemon } from "../support/daemon.js";

const HEARTH = resolve(import.meta.dirname, "../../dist/hearth.cjs");
const ONE_CALL = resolve(import.meta.dirname, "../../scripts/benchmark/floors/one-call.cjs");

/** Those of Node's public modules that a program has loaded when it ends. */
function loadedBy(args: readonly string[], env: Readonly<Record<string, string>> = {}): Set<string> {
  const place = newHome();
  const [recorder, list] = [join(place, "recorder.cjs"), join(place, "list")];
  const record = `require("node:fs").writeFileSync(${JSON.stringify(list)}, process.moduleLoadList.join("\\n"))`;
  writeFileSync(recorder, `process.once("exit", () => ${record});`);
  execFileSync(process.execPath, ["--require", recorder, ...args], { env: { PATH: process.env.PATH, ...env } });
  const lines = readFileSync(list, "utf8").split("\n");
  return new Set(builtinModules.filter((name) => lines.includes(`NativeModule ${name}`)));
}

const beyond = (floor: ReadonlySet<string>, loaded: ReadonlySet<string>, needed: readonly string[]) =>
  [...loaded].filter((name) => !floor.has(name) && !needed.includes(name));

test("hearth status --json loads no more of Node than one call on a socket does, but for two small modules", async () => {
  const { home, descriptor } = await startDaemon();
  const status = loadedBy([HEARTH, "status", "--json"], { HEARTH_HOME: home });
  const oneCall = loadedBy([ONE_CALL, descriptor.socketPath], { HEARTH_TOKEN: descriptor.token });
  expect(oneCall).toContain("net");
  expect(beyond(oneCall, status, ["os", "timers/promises"])).toEqual([]);
});

test("hearthd loads of Node only what every daemon needs", () => {
  const daemon = loadedBy([...NODE_ARGUMENTS, HEARTHD, "--check", "--home", newHome()]);
  const bare = loadedBy(["-e", "require('node:net')"]);
  expect(daemon).toContain("net");
  // child_process brings dgram.
  const needed = ["child_process", "dgram", "crypto", "fs/promises", "os", "timers/promises", "v8", "vm"];
  expect(beyond(bare, daemon, needed)).toEqual([]);
});
