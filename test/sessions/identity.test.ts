import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { afterEach, describe, expect, it } from "vitest";
import { isAlive, mayBeAlive, readIdentity, signalGroup, signalProcess } from "../../src/sessions/identity.js";
import { readEntry } from "../../src/sessions/identity-linux.js";
import type { ProcessIdentity } from "../../src/sessions/session.js";
import { kill } from "../support/processes.js";
import { lives, until } from "./sandbox.js";

const children: number[] = [];
afterEach(() => {
  for (const pid of children.splice(0)) kill(pid);
});

async function sleeper(): Promise<ProcessIdentity> {
  const child = spawn("sleep", ["60"], { stdio: "ignore", detached: true });
  const identity = await readIdentity(child.pid ?? 0);
  if (identity === null) throw new Error("the process has no identity");
  children.push(identity.pid);
  return identity;
}

describe("an identity", () => {
  it("is made of PID, start, boot id and PID 1's start", async () => {
    const identity = await readIdentity(process.pid);
    expect(identity).toEqual({
      pid: process.pid,
      start: readFileSync("/proc/self/stat", "utf8").split(") ")[1]?.split(" ")[19],
      boot: readFileSync("/proc/sys/kernel/random/boot_id", "utf8").trim(),
      init: readFileSync("/proc/1/stat", "utf8").split(") ")[1]?.split(" ")[19],
    });
  });

  it("is read right when the command's name has spaces, parentheses and a line break", async () => {
    const name = "a) R 1 (b\n) c";
    const rename = `require('fs').writeFileSync('/proc/self/comm', ${JSON.stringify(name)}); console.log(1); setInterval(() => {}, 1e6)`;
    const child = spawn(process.execPath, ["-e", rename], { stdio: ["ignore", "pipe", "inherit"] });
    const before = await readIdentity(child.pid ?? 0);
    children.push(child.pid ?? 0);
    await once(child.stdout, "data");
    expect(readFileSync(`/proc/${child.pid}/comm`, "utf8")).toBe(`${name}\n`);
    expect(await readIdentity(child.pid ?? 0)).toEqual(before);
  });

  it("is null when no process has the PID", async () => {
    expect(await readIdentity(2 ** 22 + 1)).toBeNull();
  });
});

describe("a process", () => {
  it("with another start, boot or PID 1 is not alive and never signalled", async () => {
    const identity = await sleeper();
    const impostors = [
      { ...identity, start: String(Number(identity.start) - 1) },
      { ...identity, boot: "another boot" },
      { ...identity, init: "another container" },
    ];
    for (const impostor of impostors) {
      expect(await isAlive(impostor)).toBe(false);
      expect(await signalProcess(impostor, "SIGKILL")).toBe(false);
    }
    expect(await isAlive(identity)).toBe(true);
  });

  it("that matches is signalled", async () => {
    const identity = await sleeper();
    expect(await signalProcess(identity, "SIGKILL")).toBe(true);
    await until(() => !lives(identity.pid), "the process to be dead");
    children.pop();
  });

  it("that is a zombie is not alive", async () => {
    // The shell becomes a program that never waits for its child.
    const child = spawn("sh", ["-c", "sleep 60 & echo $!; exec sleep 60"], { stdio: ["ignore", "pipe", "inherit"] });
    children.push(child.pid ?? 0);
    const [line] = (await once(child.stdout, "data")) as [Buffer];
    const identity = await readIdentity(Number(line));
    if (identity === null) throw new Error("the process has no identity");
    await until(() => readFileSync(`/proc/${child.pid}/comm`, "utf8") === "sleep\n", "the exec");
    process.kill(identity.pid, "SIGKILL");
    const state = (): string | undefined => readFileSync(`/proc/${identity.pid}/stat`, "utf8").split(") ")[1]?.[0];
    await until(() => state() === "Z", "the zombie");
    expect(process.kill(identity.pid, 0)).toBe(true);
    expect(await isAlive(identity)).toBe(false);
    expect(mayBeAlive(identity)).toBe(false);
  });

  it("that lives is never taken for dead by a cheap look, whoever may look at its program", async () => {
    const [own, init] = [await readIdentity(process.pid), await readIdentity(1)];
    if (own === null || init === null) throw new Error("there is no identity");
    expect([mayBeAlive(own), mayBeAlive(init)]).toEqual([true, true]);
  });
});

it("a group is not signalled when none of its known members is in it any more", async () => {
  const { pid, start } = await sleeper();
  const stranger = { pid, ppid: 1, pgid: pid, sid: pid, start: String(Number(start) - 1) };
  expect(signalGroup(pid, [stranger], "SIGKILL")).toBe(false);
  expect(signalGroup(pid, [], "SIGKILL")).toBe(false);
  expect(lives(pid)).toBe(true);
});

it("a signal to a group reaches members that nobody has seen", async () => {
  const child = spawn("sh", ["-c", "sleep 60 & echo $!; wait"], {
    stdio: ["ignore", "pipe", "inherit"],
    detached: true,
  });
  const [line] = (await once(child.stdout, "data")) as [Buffer];
  const leader = readEntry(child.pid ?? 0);
  if (leader === null) throw new Error("the process has no entry");
  expect(signalGroup(leader.pid, [leader], "SIGKILL")).toBe(true);
  await until(() => !lives(Number(line)) && !lives(leader.pid), "the group to be dead");
});
