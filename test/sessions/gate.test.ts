import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Writable } from "node:stream";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { GATE_SCRIPT } from "../../src/sessions/gate.js";

const SHELLS = ["/bin/sh", "/bin/dash", "/bin/bash"].filter((shell) => existsSync(shell));

describe.each(SHELLS)("the gate in %s", (shell) => {
  let directory: string;
  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), "hearth-gate-"));
  });
  afterEach(() => rmSync(directory, { recursive: true, force: true }));

  const mark = (): string => join(directory, "mark");
  const output = (): string => readFileSync(join(directory, "out"), "utf8");

  function gate(command: readonly string[], { limits = ["22", ""], beginning = "" } = {}): ChildProcess {
    const script = `exec >"${directory}/out"; ${command.join(" ")}`;
    const positional = [mark(), ...limits, "", beginning, "/bin/sh", "-c", script];
    const stdio = ["ignore", "ignore", "ignore", "pipe"] as const;
    return spawn(shell, ["-c", GATE_SCRIPT, "hearth-gate", ...positional], { stdio: [...stdio] });
  }

  async function codeAfter(child: ChildProcess, written: string): Promise<number | null> {
    const exit = once(child, "exit");
    (child.stdio[3] as Writable).end(written);
    const [code] = (await exit) as [number | null];
    return code;
  }

  it("runs nothing and makes no mark at end-of-file", async () => {
    expect(await codeAfter(gate(["echo ran"]), "")).toBe(125);
    expect([existsSync(mark()), existsSync(join(directory, "out"))]).toEqual([false, false]);
  });

  it("runs nothing after a byte without a newline", async () => {
    expect(await codeAfter(gate(["echo ran"]), "x")).toBe(125);
    expect([existsSync(mark()), existsSync(join(directory, "out"))]).toEqual([false, false]);
  });

  it("has ended its mark with its line before the command begins", async () => {
    const [beginning, end] = ['{"of":"a session", "%d\\n":0', ', "%s\\n":1}'];
    expect(await codeAfter(gate([`cat "${mark()}"`], { beginning }), `${end}\n`)).toBe(0);
    expect(output()).toBe(`${beginning}${end}\n`);
  });

  it("runs nothing when there is no room for what the mark is to say", async () => {
    symlinkSync("/dev/full", mark());
    expect(await codeAfter(gate(["echo ran"]), "line\n")).toBe(125);
    expect(existsSync(join(directory, "out"))).toBe(false);
  });

  it("runs nothing when the mark cannot be made", async () => {
    rmSync(directory, { recursive: true });
    expect(await codeAfter(gate(["echo ran"]), "\n")).not.toBe(0);
    expect(existsSync(directory)).toBe(false);
  });

  it("keeps its PID", async () => {
    const child = gate(["echo $$"]);
    await codeAfter(child, "\n");
    expect(output()).toBe(`${child.pid}\n`);
  });

  it("restores umask and the soft descriptor limit, and leaves the hard one alone", async () => {
    await codeAfter(gate(["umask; ulimit -Sn; ulimit -Hn"], { limits: ["27", "77"] }), "\n");
    const [umask, soft, hard] = output().split("\n");
    expect([umask, soft]).toEqual(["0027", "77"]);
    expect(hard).not.toBe("77");
  });

  it("passes no descriptor on but the standard ones", async () => {
    await codeAfter(gate(["ls -l /proc/self/fd"]), "\n");
    // Number 3 is the directory that ls reads; what the test itself inherited begins higher.
    const targets = [...output().matchAll(/ (\d) -> (.*)/g)].map(([, descriptor, target]) => [descriptor, target]);
    expect(targets.map(([descriptor]) => descriptor)).toEqual(["0", "1", "2", "3"]);
    expect(targets[3]?.[1]).toMatch(/^\/proc\/\d+\/fd$/);
  });

  it("passes arguments on as they are", async () => {
    const awkward = ["a b", "$HOME", "*", "", "-n", "it's"];
    writeFileSync(join(directory, "argv.sh"), `for each in "$@"; do printf '<%s>' "$each"; done >"${directory}/out"`);
    const positional = [mark(), "22", "", "", "", "/bin/sh", join(directory, "argv.sh"), ...awkward];
    const stdio = ["ignore", "ignore", "inherit", "pipe"] as const;
    await codeAfter(spawn(shell, ["-c", GATE_SCRIPT, "gate", ...positional], { stdio: [...stdio] }), "\n");
    expect(output()).toBe("<a b><$HOME><*><><-n><it's>");
  });
});
