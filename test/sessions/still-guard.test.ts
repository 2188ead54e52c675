import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { GUARD_SCRIPT, StillGuard } from "../../src/sessions/still-guard.js";
import { PATIENCE_MS } from "../support/deadline.js";
import { isStopped } from "./rotation.js";
import { until } from "./sandbox.js";

const SHELLS = ["/bin/sh", "/bin/dash", "/bin/bash"].filter((shell) => existsSync(shell));

let directory: string;
let held: ChildProcess;
beforeEach(async () => {
  directory = mkdtempSync(join(tmpdir(), "hearth-guard-"));
  writeFileSync(join(directory, "log"), "whole");
  held = spawn("sleep", ["60"], { stdio: "ignore" });
  process.kill(pidOf(held), "SIGSTOP");
  await until(() => isStopped(pidOf(held)), "the process to be stopped");
});
afterEach(async () => {
  held.kill("SIGKILL");
  if (held.signalCode === null) await once(held, "exit");
  rmSync(directory, { recursive: true, force: true });
});

function pidOf({ pid }: ChildProcess): number {
  if (pid === undefined) throw new Error("the process did not start");
  return pid;
}

/** What a guard has made of its orders: the log's text, whether there is a mark, and whether the process is held. */
function outcome(): { log: string; isMarked: boolean; isHeld: boolean } {
  const log = readFileSync(join(directory, "log"), "utf8");
  return { log, isMarked: existsSync(join(directory, "mark")), isHeld: isStopped(pidOf(held)) };
}

describe.each(SHELLS)("the guard in %s", (shell) => {
  async function codeAfter(orders: string): Promise<number | null> {
    const guard = spawn(shell, ["-c", GUARD_SCRIPT, "guard"], { env: {}, stdio: ["pipe", "ignore", "ignore"] });
    guard.stdin.end(orders);
    const [code] = (await once(guard, "exit")) as [number | null];
    return code;
  }

  const orders = ({ log = "log", mark = "mark" } = {}): string =>
    `p${held.pid}\nl${join(directory, log)}\nm${join(directory, mark)}\n`;

  it("cuts when it is told to, and lets everybody go", async () => {
    expect(await codeAfter(`${orders()}c\n`)).toBe(0);
    expect(outcome()).toEqual({ log: "", isMarked: true, isHeld: false });
  });

  it.for(["", "c"])("only lets everybody go at end-of-file after %j", async (half) => {
    expect(await codeAfter(orders() + half)).toBe(0);
    expect(outcome()).toEqual({ log: "whole", isMarked: false, isHeld: false });
  });

  it("lets the others go when one has ended", async () => {
    const gone = spawn("true");
    await once(gone, "exit");
    await codeAfter(`p${gone.pid}\np${held.pid}\np${gone.pid}\n`);
    expect(outcome().isHeld).toBe(false);
  });

  it("makes no mark when the log cannot be emptied, says so, and lets everybody go", async () => {
    expect(await codeAfter(`${orders({ log: "." })}c\n`)).toBe(3);
    expect(outcome()).toEqual({ log: "whole", isMarked: false, isHeld: false });
  });

  it("lets nobody go when the log is empty and the mark cannot be made, and says so", async () => {
    expect(await codeAfter(`${orders({ mark: "missing/mark" })}c\n`)).toBe(4);
    expect(outcome()).toEqual({ log: "", isMarked: false, isHeld: true });
  });
});

it("paths reach a guard as they are", async () => {
  const awkward = join(directory, " a 'b' \"c\" $HOME\n\n*\\n `d`\n");
  mkdirSync(awkward);
  const [file, mark] = [join(awkward, "log\n"), join(awkward, "-n ü")];
  writeFileSync(file, "whole");
  const guard = await StillGuard.start(PATIENCE_MS);
  expect(await guard.cut({ file, mark })).toBe("done");
  expect([readFileSync(file, "utf8"), existsSync(mark)]).toEqual(["", true]);
});

it("a guard that does not answer is ended", async () => {
  const guard = await StillGuard.start();
  process.kill(guard.identity.pid, "SIGSTOP");
  expect(await guard.dismiss()).toBe("broken");
});

it("a guard is not ended by what a terminal or a shutdown sends to everybody", async () => {
  const guard = await StillGuard.start(PATIENCE_MS);
  // What it has read shows that its traps are set.
  await guard.watchOver([{ ...guard.identity, pid: pidOf(held) }]);
  await until(
    () => readFileSync(`/proc/${guard.identity.pid}/status`, "utf8").includes("SigIgn:\t0000000000004003"),
    "traps",
  );
  for (const signal of ["SIGHUP", "SIGINT", "SIGTERM"] as const) process.kill(guard.identity.pid, signal);
  expect(await guard.dismiss()).toBe("done");
});
