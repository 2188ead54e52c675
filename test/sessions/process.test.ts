import { chmodSync, existsSync, mkdirSync, readFileSync, rmdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { LaunchError } from "../../src/sessions/session.js";
import { lives, Sandbox, Told, until } from "./sandbox.js";

let sandbox: Sandbox;
beforeEach(() => {
  sandbox = new Sandbox();
});
afterEach(() => sandbox.dispose());

/** A grandchild in a session of its own whose parent is gone. */
const ORPHAN = "(setsid sh -c 'echo orphan=$$; exec sleep 60' & )";

describe("a fork", () => {
  it("runs nothing before its release", async () => {
    const { session, told, incarnation } = await sandbox.fork("echo ran");
    session.forget();
    await until(() => !lives(session.ref.identity.pid), "the gate to end");
    expect([sandbox.log(), existsSync(sandbox.markOf(incarnation)), told.calls]).toEqual(["", false, []]);
  });

  it("is described by the identity of the process that will be the command", async () => {
    const { session, told } = await sandbox.run("echo self=$$");
    expect(await sandbox.pidOf("self")).toBe(session.ref.identity.pid);
    expect(session.ref).toMatchObject({ kind: "process", tokenHash: "0f" });
    await told.hasExited();
  });

  it("has its mark, with / as %2F, when release resolves", async () => {
    const { session, incarnation, told } = await sandbox.run("sleep 60");
    expect(existsSync(join(sandbox.marks, `town%2Fmayor.${incarnation}`))).toBe(true);
    session.kill();
    await told.isOver();
  });

  it("gives the command exactly its environment, working directory and log", async () => {
    const { told } = await sandbox.run("env; pwd; echo to stderr >&2");
    await told.hasExited();
    const names = sandbox.log().match(/^[A-Z_]+(?==)/gm);
    expect(names?.sort()).toEqual(["HEARTH_AGENT", "HEARTH_HOME", "HEARTH_INCARNATION", "PATH", "PWD"]);
    expect(sandbox.log()).toContain(`${sandbox.home}\nto stderr\n`);
  });

  it("appends to a log that is there", async () => {
    writeFileSync(sandbox.logFile, "earlier\n");
    const { told } = await sandbox.run("echo later");
    await told.hasExited();
    expect(sandbox.log()).toBe("earlier\nlater\n");
  });

  it("puts nothing of the environment on a command line", async () => {
    const launch = sandbox.launch(["sleep", "60"]);
    const told = new Told();
    const session = await sandbox.kind.fork({ ...launch, env: { ...launch.env, HEARTH_TOKEN: "s3cret" } }, told);
    const commandLine = (): string => readFileSync(`/proc/${session.ref.identity.pid}/cmdline`, "utf8");
    expect(commandLine()).not.toContain("s3cret");
    await session.release();
    expect(commandLine()).not.toContain("s3cret");
    session.kill();
    await told.isOver();
  });

  it("that cannot find its command says which PATH was searched", async () => {
    const launch = sandbox.launch(["picoclaw"], { env: { PATH: "/a:/b" } });
    const failure = sandbox.kind.fork(launch, new Told());
    await expect(failure).rejects.toThrow(LaunchError);
    await expect(failure).rejects.toThrow("command not found: picoclaw (searched PATH /a:/b)");
  });

  it("whose working directory is missing names it", async () => {
    const failure = sandbox.kind.fork(sandbox.launch(["sh"], { cwd: join(sandbox.home, "gone") }), new Told());
    await expect(failure).rejects.toThrow(`working directory does not exist: ${sandbox.home}/gone`);
  });

  it("whose command line is too long says so instead of being tried again", async () => {
    const failure = sandbox.kind.fork(sandbox.launch(["echo", "x".repeat(200_000)]), new Told());
    await expect(failure).rejects.toThrow(LaunchError);
  });

  it("forgets a mark that an earlier life left under the same number", async () => {
    const launch = sandbox.launch(["sleep", "60"]);
    writeFileSync(sandbox.markOf(launch.incarnation), "");
    const told = new Told();
    const session = await sandbox.kind.fork(launch, told);
    session.kill();
    await told.isOver();
    expect(told.outcome).toEqual({ ran: false, empty: true });
  });
});

describe("a release", () => {
  it("rejects when the gate is gone, and the exit says that nothing ran", async () => {
    const { session, told } = await sandbox.fork("echo ran");
    process.kill(session.ref.identity.pid, "SIGKILL");
    await expect(session.release()).rejects.toThrow("the gate ended before the command could run");
    await told.hasExited();
    expect([told.outcome, sandbox.log()]).toEqual([{ ran: false, empty: true }, ""]);
  });

  it("rejects when the mark cannot be made, and nothing runs", async () => {
    const { session, told, incarnation } = await sandbox.fork("echo ran");
    rmdirSync(sandbox.marks);
    await expect(session.release()).rejects.toThrow();
    await told.hasExited();
    expect(told.outcome).toEqual({ ran: false, empty: true });
    mkdirSync(sandbox.marks);
    expect(existsSync(sandbox.markOf(incarnation))).toBe(false);
    expect(sandbox.log()).not.toContain("ran\n");
  });
});

describe("an exit", () => {
  it("tells the code", async () => {
    const { told } = await sandbox.run("exit 3");
    await told.hasExited();
    expect(told.exit).toMatchObject({ code: 3, signal: null, reason: "exited with code 3" });
    expect(told.outcome).toEqual({ ran: true, empty: true });
  });

  it("tells the signal", async () => {
    const { told } = await sandbox.run("kill -9 $$");
    await told.hasExited();
    expect(told.exit).toMatchObject({ code: null, signal: "SIGKILL", reason: "killed by SIGKILL" });
  });

  it("is told although a child holds the log open, with `empty` false, and `emptied` after the sweep", async () => {
    const { session, told } = await sandbox.run("sleep 60 & exit 1");
    await told.hasExited();
    expect(told.outcome).toEqual({ ran: true, empty: false });
    session.kill();
    await told.hasEmptied();
    expect([told.calls, sandbox.left()]).toEqual([["exited", "emptied"], []]);
  });

  it("is not empty while a grandchild lives that called setsid and lost its parent", async () => {
    const { session, told } = await sandbox.run(`${ORPHAN}; until [ -e seen ]; do sleep 0.01; done; exit 1`);
    const orphan = await sandbox.sleeper("orphan");
    writeFileSync(join(sandbox.home, "seen"), "");
    await told.hasExited();
    expect([told.outcome?.empty, lives(orphan)]).toEqual([false, true]);
    session.kill();
    await told.hasEmptied();
  });

  it("is not empty while a child lives that dropped its environment but not the group", async () => {
    const { session, told } = await sandbox.run("env -i sh -c 'echo bare=$$; exec sleep 60' & sleep 0.05; exit 1");
    const bare = await sandbox.pidOf("bare");
    await told.hasExited();
    expect(told.outcome?.empty).toBe(false);
    session.kill();
    await told.hasEmptied();
    expect(lives(bare)).toBe(false);
  });

  it("of a session that died together with others is told for each", async () => {
    const all = await Promise.all(Array.from({ length: 12 }, () => sandbox.run("exec sleep 60")));
    for (const { session } of all) process.kill(session.ref.identity.pid, "SIGKILL");
    await Promise.all(all.map(({ told }) => told.hasExited()));
    expect(all.map(({ told }) => told.outcome)).toEqual(all.map(() => ({ ran: true, empty: true })));
  });
});

describe("a stop", () => {
  it("reaches the whole group and the orphan that left it", async () => {
    const { session, told } = await sandbox.run(`sleep 60 & ${ORPHAN}; wait`);
    const orphan = await sandbox.sleeper("orphan");
    session.signal("SIGTERM");
    await told.isOver();
    expect(told.calls[0]).toBe("exited");
    expect([lives(orphan), sandbox.left()]).toEqual([false, []]);
  });

  it("lets an agent end in its own way", async () => {
    const { session, told } = await sandbox.run(
      "trap 'echo bye; exit 0' TERM; echo self=$$; while :; do sleep 0.01; done",
    );
    await sandbox.pidOf("self");
    session.signal("SIGTERM");
    await told.isOver();
    expect([told.exit?.code, sandbox.log()]).toEqual([0, expect.stringContaining("bye")]);
  });

  it("does not end an agent that ignores it; kill does", async () => {
    const { session, told } = await sandbox.run(
      "trap '' TERM; trap 'echo asked' USR1; echo self=$$; while :; do sleep 0.01; done",
    );
    const self = await sandbox.pidOf("self");
    session.signal("SIGTERM");
    // Sent after the other.
    session.notify("SIGUSR1");
    await until(() => sandbox.log().includes("asked"), "the signals to have arrived");
    expect([lives(self), told.calls]).toEqual([true, []]);
    session.kill();
    await told.isOver();
    expect(told.exit?.signal).toBe("SIGKILL");
  });

  it("continues a stopped agent, so that it gets the signal", async () => {
    const { session, told } = await sandbox.run("trap 'exit 7' TERM; echo self=$$; while :; do sleep 0.01; done");
    const self = await sandbox.pidOf("self");
    process.kill(-self, "SIGSTOP");
    session.signal("SIGTERM");
    await told.isOver();
    expect(told.exit?.code).toBe(7);
  });

  it("reports nothing of an agent that survives the signal", async () => {
    const { session, told } = await sandbox.run("trap 'echo again' USR1; echo self=$$; while :; do sleep 0.01; done");
    await sandbox.pidOf("self");
    session.signal("SIGUSR1");
    await until(() => sandbox.log().includes("again"), "the trap");
    expect(told.calls).toEqual([]);
    session.kill();
    await told.isOver();
  });

  it("counts zombies as gone", async () => {
    // A stranger becomes the parent of the agent's child and never waits for it.
    const { session, told } = await sandbox.run(
      "setsid sh -c 'sleep 60 & echo child=$!; exec sleep 61' & sleep 0.1; wait",
    );
    const child = await sandbox.pidOf("child");
    process.kill(child, "SIGKILL");
    await until(() => !lives(child), "the zombie");
    expect(readFileSync(`/proc/${child}/stat`, "utf8")).toContain(") Z ");
    session.signal("SIGTERM");
    await told.isOver();
    expect(sandbox.left()).toEqual([]);
  });
});

it("a kill ends a session whose processes hand over to new ones while they are swept", async () => {
  const hop = join(sandbox.home, "hop");
  // Bounded, so that even a broken sweep leaves nothing behind for long.
  writeFileSync(hop, 'echo hop; [ "$1" -gt 0 ] && setsid sh "$0" $(($1 - 1)) & sleep 0.05');
  const { session, told } = await sandbox.run(`for each in $(seq 10); do setsid sh ${hop} 60 & done; wait`);
  await until(() => sandbox.log().split("hop").length > 20, "some generations");
  session.kill();
  await told.isOver();
  expect(sandbox.left()).toEqual([]);
});

it("a forgotten session is left alone and tells nothing", async () => {
  const { session, told } = await sandbox.run("echo self=$$; exec sleep 60");
  const self = await sandbox.pidOf("self");
  session.forget();
  process.kill(self, "SIGKILL");
  await until(() => !lives(self), "the end");
  expect(told.calls).toEqual([]);
});

it("a mark stays until it is cleared", async () => {
  const { told, incarnation } = await sandbox.run("exit 0");
  await told.hasExited();
  expect(existsSync(sandbox.markOf(incarnation))).toBe(true);
  await sandbox.kind.clearMark("town/mayor", incarnation);
  await sandbox.kind.clearMark("town/mayor", incarnation);
  expect(existsSync(sandbox.markOf(incarnation))).toBe(false);
});

it("a script without an interpreter line runs as a shell script", async () => {
  const file = join(sandbox.home, "plain");
  writeFileSync(file, "echo plain $1\n");
  chmodSync(file, 0o755);
  const told = new Told();
  const session = await sandbox.kind.fork(sandbox.launch(["./plain", "one"]), told);
  await session.release();
  await told.hasExited();
  expect(sandbox.log()).toBe("plain one\n");
});
