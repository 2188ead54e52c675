// What a start loads of Node, which is what it costs: held by what is loaded, since times depend on the machine.
import { execFileSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { builtinModules } from "node:module";
import { join, resolve } from "node:path";
import { expect, test } from "vitest";
import { NODE_ARGUMENTS } from "../../src/client/program.js";
import { environmentOfSession } from "../support/attached.js";
import { HEARTHD, newHome, sh, startDaemon } from "../support/daemon.js";

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

const isUp = ({ state }: { readonly state: string }): boolean => state === "running";

const HOT_CALLS = ["status --json", "status", "beat", "ready", "poke hand --json", "cycle hand --json"];

test("hearth loads for what is called all the time no more of Node than one call on a socket does, but for three small modules", async () => {
  const hand = sh("exec sleep 600", { autostart: true, heartbeat: { poke: "command:true" } });
  const daemon = await startDaemon({ config: { agents: { hand } } });
  const { HEARTH_SOCKET = "", HEARTH_TOKEN = "" } = await environmentOfSession((await daemon.until("hand", isUp)).pid);
  const oneCall = loadedBy([ONE_CALL, HEARTH_SOCKET], { HEARTH_TOKEN });
  expect(oneCall).toContain("net");
  for (const call of HOT_CALLS) {
    const isSession = ["beat", "ready"].includes(call);
    const env = isSession ? { HEARTH_SOCKET, HEARTH_TOKEN } : { HEARTH_HOME: daemon.home };
    const loaded = loadedBy([HEARTH, ...call.split(" ")], env);
    expect(beyond(oneCall, loaded, ["os", "timers/promises", "vm"]), call).toEqual([]);
  }
});

test("hearthd loads of Node only what every daemon needs", () => {
  const daemon = loadedBy([...NODE_ARGUMENTS, HEARTHD, "--check", "--home", newHome()]);
  const bare = loadedBy(["-e", "require('node:net')"]);
  expect(daemon).toContain("net");
  // child_process brings dgram.
  const needed = ["child_process", "dgram", "crypto", "fs/promises", "os", "timers/promises", "v8", "vm"];
  expect(beyond(bare, daemon, needed)).toEqual([]);
});
