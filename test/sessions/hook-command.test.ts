// A hook is ended with everything it started: when it has ended, when its time is up, and when nobody is there to see.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, readFileSync } from "node:fs";
import { basename, join } from "node:path";
import { describe, expect } from "vitest";
import { runHook } from "../../src/sessions/hook-command.js";
import { HOOK_SCRIPT } from "../../src/sessions/hook-process.js";
import { scratchTest as test } from "../storage/scratch.js";
import { kill } from "../support/processes.js";
import { lives, until } from "./sandbox.js";

const PATH = process.env.PATH ?? "";

const SHELLS = ["/bin/sh", "/bin/dash", "/bin/bash"].filter((shell) => existsSync(shell));

function run(
  cwd: string,
  argv: readonly [string, ...string[]],
  { signal = new AbortController().signal, endsAfterSeconds = 60 } = {},
) {
  return runHook({ argv, cwd, env: { PATH, MESSAGE: "it's $HOME" }, signal, endsAfterSeconds });
}

function sh(script: string): readonly [string, string, string] {
  return ["sh", "-c", script];
}

function pidsIn(file: string): number[] {
  return readFileSync(file, "utf8").trim().split(/\s+/).map(Number);
}

describe("a hook", () => {
  test("is given its environment and directory and nothing else, and run by no shell", async ({ directory }) => {
    const script = 'printf "%s|" "$PWD" "$MESSAGE" "$HOME" "$1" >out; cat >in';
    const end = await run(directory, [...sh(script), "sh", "a b; $PATH"]);
    expect(end).toEqual({ succeeded: true, detail: "sh exited with code 0", output: "" });
    expect(readFileSync(join(directory, "out"), "utf8")).toBe(`${directory}|it's $HOME||a b; $PATH|`);
    expect(readFileSync(join(directory, "in"), "utf8")).toBe("");
  });

  test.for([
    ["exits with a code", sh("echo out; echo err >&2; exit 7"), "sh exited with code 7", "out\nerr\n"],
    ["is killed", sh("kill -TERM $$"), "sh was ended by SIGTERM", ""],
    ["is not there", ["no-such-program"], `command not found: no-such-program (searched PATH ${PATH})`, ""],
  ] as const)("that %s is told of as such", async ([, argv, detail, output], { directory }) => {
    expect(await run(directory, argv)).toEqual({ succeeded: false, detail, output });
  });

  test("in a directory that is gone is told of as such", async ({ directory }) => {
    const gone = join(directory, "gone");
    expect(await run(gone, ["true"])).toMatchObject({
      succeeded: false,
      detail: `working directory does not exist: ${gone}`,
    });
  });

  test("whose environment is too long is told of as such", async ({ directory }) => {
    const env = { PATH, HUGE: "x".repeat(4_000_000) };
    const { signal } = new AbortController();
    const end = await runHook({ argv: ["true"], cwd: directory, env, signal, endsAfterSeconds: 60 });
    expect(end).toMatchObject({ succeeded: false, detail: expect.stringContaining("E2BIG") });
  });

  test("may write as much as it likes; the end of it is kept, whole characters only", async ({ directory }) => {
    const end = await run(directory, sh("yes é | head -c 3000000; echo; echo the end; exit 1"));
    expect(end).toMatchObject({ succeeded: false, detail: "sh exited with code 1" });
    expect(end.output).toMatch(/^(é?\n(é\n)+)\nthe end\n$/);
    expect(Buffer.byteLength(end.output)).toBeLessThanOrEqual(4_096);
  });

  test("leaves nothing in the background, and is not waited for by what it left", async ({ directory }) => {
    const end = await run(directory, sh("sleep 60 & echo $! >pid"));
    expect(end).toMatchObject({ succeeded: true });
    await until(() => !pidsIn(join(directory, "pid")).some(lives), "the end of what was left");
  });

  test("is not kept from being told of by somebody who got away with its output", async ({ directory }) => {
    const end = await run(
      directory,
      sh("setsid sh -c 'echo $$ >pid.new; mv pid.new pid; exec sleep 60' & until [ -e pid ]; do :; done"),
    );
    kill(pidsIn(join(directory, "pid"))[0]);
    expect(end).toMatchObject({ succeeded: true });
  });

  test("that hangs is ended with all its descendants, whatever they ignore and wherever they went", async ({
    directory,
  }) => {
    const time = new AbortController();
    const script =
      'trap "" TERM INT HUP; sleep 60 & one=$!; setsid sleep 60 & two=$!; echo "$$ $one $two" >new; mv new pids; wait';
    const end = run(directory, sh(script), { signal: time.signal });
    await until(() => existsSync(join(directory, "pids")), "its start");
    time.abort(new Error("it took longer than 30 s"));
    expect(await end).toMatchObject({ succeeded: false, detail: "sh was ended: it took longer than 30 s" });
    await until(() => !pidsIn(join(directory, "pids")).some(lives), "the end of all three");
  });

  test("that is called off before it began is not begun", async ({ directory }) => {
    const signal = AbortSignal.abort(new Error("the daemon is stopping"));
    const end = await run(directory, sh("echo >ran"), { signal });
    expect(end).toEqual({ succeeded: false, detail: "the daemon is stopping", output: "" });
    expect(existsSync(join(directory, "ran"))).toBe(false);
  });

  test("ends by itself, with what it started, when nobody is left to end it, in every shell", async ({ directory }) => {
    const script = 'trap "" TERM INT HUP; sleep 60 & echo "$$ $!" >"$1.new"; mv "$1.new" "$1"; wait';
    const ends = SHELLS.map(async (shell) => {
      const pids = join(directory, basename(shell));
      const argv = ["-c", HOOK_SCRIPT, "hearth-hook", "5", "/bin/sh", "-c", script, "sh", pids];
      const [, signal] = await once(spawn(shell, argv, { cwd: directory, detached: true, stdio: "ignore" }), "exit");
      expect(signal).toBe("SIGKILL");
      await until(() => !pidsIn(pids).some(lives), "the end of both");
    });
    await Promise.all(ends);
  });

  test("that has ended leaves nothing, though nobody was there to see to it", async ({ directory }) => {
    const argv = ["-c", HOOK_SCRIPT, "hearth-hook", "60", "/bin/sh", "-c", "sleep 60 & echo $! >pid"];
    const child = spawn("/bin/sh", argv, { cwd: directory, detached: true, stdio: "ignore" });
    const [code] = await once(child, "exit");
    expect(code).toBe(0);
    await until(() => !pidsIn(join(directory, "pid")).some(lives), "the end of what was left");
  });

  test("has no child that it did not start itself", async ({ directory }) => {
    // `wait` of Python waits for any child, and fails when there is none.
    const script = "import os\ntry:\n  os.wait()\nexcept ChildProcessError:\n  print('none')";
    const end = await run(directory, ["python3", "-c", `${script}\nraise SystemExit(1)`]);
    expect(end).toMatchObject({ output: "none\n" });
  });
});
