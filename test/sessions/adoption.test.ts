import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, readdirSync, readFileSync, readlinkSync, realpathSync } from "node:fs";
import { basename, join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { Session, SessionRef } from "../../src/sessions/session.js";
import { bundled } from "./fixtures/bundle.js";
import { crash, lives, Sandbox, sleeps, Told, until } from "./sandbox.js";

const daemonProgram = bundled("daemon");

let sandbox: Sandbox;
beforeEach(() => {
  sandbox = new Sandbox();
});
afterEach(() => sandbox.dispose());

const OWNER = { agent: "town/mayor", incarnation: 1 };

async function crashedDaemon(script: string, { release }: { readonly release: boolean }): Promise<SessionRef> {
  const daemon = await sandbox.daemon(daemonProgram(), sandbox.launch(["sh", "-c", script]), { release });
  await crash(daemon);
  return daemon.ref;
}

async function adoptAlive(ref: SessionRef, told: Told): Promise<Session> {
  const adoption = await sandbox.kind.adopt(ref, OWNER, told);
  if (adoption.outcome !== "alive") throw new Error(`adoption: ${adoption.outcome}`);
  return adoption.session;
}

describe("a gate whose daemon was killed", () => {
  it("before the release ends by itself and never ran", async () => {
    const ref = await crashedDaemon("echo ran", { release: false });
    expect(await sandbox.kind.adopt(ref, OWNER, new Told())).toEqual({ outcome: "never-ran" });
    expect([sandbox.log(), existsSync(sandbox.markOf(1))]).toEqual(["", false]);
  });

  it("is waited for while it has not decided, and killed unrun when it never does", async () => {
    const daemon = await sandbox.daemon(daemonProgram(), sandbox.launch(["sh", "-c", "echo ran"]), { release: false });
    process.kill(daemon.ref.identity.pid, "SIGSTOP");
    await crash(daemon);
    expect(await sandbox.kind.adopt(daemon.ref, OWNER, new Told())).toEqual({ outcome: "never-ran" });
    expect([lives(daemon.ref.identity.pid), sandbox.log()]).toEqual([false, ""]);
  });
});

describe("an adopted session", () => {
  it("is the same process, not restarted", async () => {
    const ref = await crashedDaemon("echo self=$$; exec sleep 60", { release: true });
    const told = new Told();
    const session = await adoptAlive(ref, told);
    expect([session.ref, await sandbox.pidOf("self")]).toEqual([ref, ref.identity.pid]);
    session.signal("SIGTERM");
    await told.hasExited();
    expect(told.exit).toMatchObject({ code: null, signal: null, reason: "exit not observed" });
    expect(told.outcome).toEqual({ ran: true, empty: true });
  });

  it("that dies is noticed", async () => {
    const ref = await crashedDaemon("exec sleep 60", { release: true });
    const told = new Told();
    await adoptAlive(ref, told);
    process.kill(ref.identity.pid, "SIGKILL");
    await told.hasExited();
  });

  it("is swept whole, with the orphan that left its group", async () => {
    const orphan = "(setsid sh -c 'echo orphan=$$; exec sleep 60' & )";
    const ref = await crashedDaemon(`${orphan}; sleep 60`, { release: true });
    const pid = await sandbox.sleeper("orphan");
    const told = new Told();
    (await adoptAlive(ref, told)).kill();
    await told.isOver();
    expect([lives(pid), sandbox.left()]).toEqual([false, []]);
  });

  it("that is forgotten is left alone and tells nothing", async () => {
    const ref = await crashedDaemon("exec sleep 60", { release: true });
    const told = new Told();
    const session = await adoptAlive(ref, told);
    session.forget();
    process.kill(ref.identity.pid, "SIGKILL");
    await until(() => !lives(ref.identity.pid), "the end");
    expect(told.calls).toEqual([]);
  });
});

describe("a session whose leader died unseen", () => {
  it("and left nothing is dead without anything to sweep", async () => {
    const ref = await crashedDaemon("exec sleep 60", { release: true });
    process.kill(ref.identity.pid, "SIGKILL");
    await until(() => !lives(ref.identity.pid), "the end");
    const adoption = await sandbox.kind.adopt(ref, OWNER, new Told());
    expect(adoption).toEqual({ outcome: "dead", session: null, rebooted: false });
  });

  it("is dead with its leftovers, which a kill sweeps", async () => {
    const ref = await crashedDaemon("setsid sh -c 'echo child=$$; exec sleep 60' & sleep 60", { release: true });
    const child = await sandbox.sleeper("child");
    process.kill(-ref.identity.pid, "SIGKILL");
    await until(() => !lives(ref.identity.pid), "the end");
    const told = new Told();
    const adoption = await sandbox.kind.adopt(ref, OWNER, told);
    if (adoption.outcome !== "dead" || adoption.session === null) throw new Error("no leftovers were found");
    adoption.session.kill();
    await told.hasEmptied();
    expect([told.calls, lives(child)]).toEqual([["emptied"], false]);
  });

  it("because of a reboot says so", async () => {
    const ref = await crashedDaemon("exec sleep 60", { release: true });
    const boot = { ...ref, identity: { ...ref.identity, boot: "another boot" } };
    const container = { ...ref, identity: { ...ref.identity, init: "another container" } };
    for (const earlier of [boot, container]) {
      const adoption = await sandbox.kind.adopt(earlier, OWNER, new Told());
      expect(adoption).toEqual({ outcome: "dead", session: null, rebooted: true });
    }
    process.kill(ref.identity.pid, "SIGKILL");
    await until(() => !lives(ref.identity.pid), "the end");
  });

  it("and whose PID is somebody else's now leaves that one alone", async () => {
    const stranger = spawn("sleep", ["60"], { stdio: "ignore", detached: true });
    const pid = stranger.pid ?? 0;
    const ref = await crashedDaemon("exit 0", { release: true });
    await until(() => !lives(ref.identity.pid), "the end");
    const reused = { ...ref, identity: { ...ref.identity, pid } };
    const adoption = await sandbox.kind.adopt(reused, OWNER, new Told());
    expect(adoption).toEqual({ outcome: "dead", session: null, rebooted: false });
    expect(lives(pid)).toBe(true);
    stranger.kill("SIGKILL");
    await once(stranger, "exit");
  });
});

it("a daemon killed at any moment of a start leaves a marked agent or none at all", async () => {
  for (let round = 0; round < 12; round++) {
    const launch = sandbox.launch(["sh", "-c", "echo ran; exec sleep 60"]);
    const settings = { ...sandbox.directories, launch, release: true };
    const daemon = spawn(process.execPath, [daemonProgram(), JSON.stringify(settings)], {
      stdio: ["pipe", "pipe", "inherit"],
    });
    await once(daemon.stdout, "data");
    await new Promise((resolve) => setTimeout(resolve, round / 2));
    daemon.kill("SIGKILL");
    // Its output is closed once whoever it was starting has taken the log for its own.
    await once(daemon, "close");
    const isMarked = (): boolean => existsSync(sandbox.markOf(launch.incarnation));
    await until(() => {
      const all = writers();
      return isMarked() ? all.length === 1 && all.every(sleeps) : all.length === 0;
    }, "the command to run, or the gate's end");
    expect(writers().length).toBe(isMarked() ? 1 : 0);
    for (const pid of writers()) process.kill(pid, "SIGKILL");
    await until(() => writers().length === 0, "the end");
  }
});

/** Who has the log as standard output, which a gate has from before it is one, and also in the middle of an exec(2). */
function writers(): number[] {
  const pids = readdirSync("/proc").filter((name) => /^\d+$/.test(name));
  const log = join(realpathSync(sandbox.home), basename(sandbox.logFile));
  return pids.filter((pid) => outputOf(pid) === log).map(Number);
}

function outputOf(pid: string): string | null {
  try {
    return readlinkSync(`/proc/${pid}/fd/1`);
  } catch {
    return null;
  }
}

it("descriptors that the daemon's starter left open do not reach an agent", async () => {
  const leak = join(sandbox.home, "leak");
  const launch = sandbox.launch(["sh", "-c", "ls -l /proc/self/fd; echo listed"]);
  const settings = { ...sandbox.directories, launch, release: true };
  const starter = `exec 5>"$1" 20>"$1" 77>"$1"; shift; exec "$@"`;
  const argv = ["-c", starter, "starter", leak, process.execPath, daemonProgram(), JSON.stringify(settings)];
  const daemon = spawn("bash", argv, { stdio: ["pipe", "ignore", "inherit"] });
  await until(() => sandbox.log().includes("listed"), "the listing");
  expect(sandbox.log()).not.toContain("leak");
  const links = readFileSync(sandbox.logFile, "utf8").match(/-> .*/g);
  expect(links?.length).toBe(4);
  await until(() => sandbox.left().length === 0, "the command's end");
  daemon.kill("SIGKILL");
  await once(daemon, "exit");
});
