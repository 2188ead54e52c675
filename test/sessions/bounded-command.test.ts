import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect } from "vitest";
import { runBounded } from "../../src/sessions/bounded-command.js";
import { scratchTest as test } from "../storage/scratch.js";
import { lives, until } from "./sandbox.js";

const PATH = process.env.PATH ?? "";

function run(directory: string, argv: readonly string[], signal = new AbortController().signal) {
  return runBounded({ argv, cwd: directory, env: { PATH, MESSAGE: "it's $HOME" }, signal });
}

describe("a bounded command", () => {
  test("is given its environment and directory and nothing else", async ({ directory }) => {
    const script = 'printf "%s|" "$PWD" "$MESSAGE" "$HOME" >out; cat >in';
    expect(await run(directory, ["sh", "-c", script])).toEqual({ delivered: true });
    expect(readFileSync(join(directory, "out"), "utf8")).toBe(`${directory}|it's $HOME||`);
    expect(readFileSync(join(directory, "in"), "utf8")).toBe("");
  });

  test.for([
    ["exits with a code", ["sh", "-c", "exit 7"], "sh exited with code 7"],
    ["is killed", ["sh", "-c", "kill -TERM $$"], "sh was ended by SIGTERM"],
    ["is not there", ["no-such-program"], "spawn no-such-program ENOENT"],
    ["has no name", [""], "The argument 'file' cannot be empty. Received ''"],
  ] as const)("that %s is told of as such", async ([, argv, detail], { directory }) => {
    expect(await run(directory, argv)).toEqual({ delivered: false, detail });
  });

  test("in a directory that is gone is told of as such", async ({ directory }) => {
    expect(await run(join(directory, "gone"), ["true"])).toMatchObject({ delivered: false });
  });

  test("may print as much as it likes", async ({ directory }) => {
    const script = "head -c 50000000 /dev/zero; head -c 50000000 /dev/zero >&2";
    expect(await run(directory, ["sh", "-c", script])).toEqual({ delivered: true });
  });

  test("that hangs is ended with what it started, and the reason told", async ({ directory }) => {
    const time = new AbortController();
    const script = 'trap "" TERM INT HUP; sleep 60 & echo "$$ $!" >started; mv started pids; wait';
    const outcome = run(directory, ["sh", "-c", script], time.signal);
    await until(() => existsSync(join(directory, "pids")), "its start");
    time.abort(new Error("it took more than 30 s"));
    expect(await outcome).toEqual({ delivered: false, detail: "sh was ended: it took more than 30 s" });
    const pids = readFileSync(join(directory, "pids"), "utf8").trim().split(" ").map(Number);
    await until(() => !pids.some(lives), "the end of both");
  });

  test("is not waited for by what it leaves in the background", async ({ directory }) => {
    const outcome = await run(directory, ["sh", "-c", "sleep 60 & echo $! >pid"]);
    process.kill(Number(readFileSync(join(directory, "pid"), "utf8")), "SIGKILL");
    expect(outcome).toEqual({ delivered: true });
  });
});
