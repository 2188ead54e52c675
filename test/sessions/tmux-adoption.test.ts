import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { TmuxSessionRef } from "../../src/sessions/tmux-session.js";
import { bundled } from "./fixtures/bundle.js";
import { lives, Told, until } from "./sandbox.js";
import { poke, type StartedInTmux, TmuxSandbox } from "./tmux-sandbox.js";

const daemonProgram = bundled("tmux-daemon");

let sandbox: TmuxSandbox;
beforeEach(() => {
  sandbox = new TmuxSandbox();
});
afterEach(() => sandbox.dispose());

const OWNER = { agent: "town/mayor", incarnation: 1 };

async function crashedDaemon(script: string, { release }: { readonly release: boolean }): Promise<TmuxSessionRef> {
  const daemon = await sandbox.daemon(daemonProgram(), sandbox.launch(["sh", "-c", script]), { release });
  daemon.child.kill("SIGKILL");
  await once(daemon.child, "exit");
  return daemon.ref;
}

async function adoptAlive(ref: TmuxSessionRef): Promise<StartedInTmux> {
  const told = new Told();
  const adoption = await sandbox.kind.adopt(ref, OWNER, told);
  if (adoption.outcome !== "alive") throw new Error(`adoption: ${adoption.outcome}`);
  return { session: adoption.session, told, ...OWNER };
}

describe("a gate whose daemon was killed", () => {
  it("before the release ends by itself, never ran, and leaves no session", async () => {
    const ref = await crashedDaemon("echo ran", { release: false });
    expect(await sandbox.kind.adopt(ref, OWNER, new Told())).toEqual({ outcome: "never-ran" });
    expect([sandbox.log(), existsSync(sandbox.markOf(1)), sandbox.sessions()]).toEqual(["", false, []]);
  });

  it("and that nobody recorded is in nobody's way", async () => {
    await crashedDaemon("echo ran", { release: false });
    const next = await sandbox.script("echo next; sleep 60");
    await sandbox.logged("next\n");
    expect(sandbox.log()).toBe("next\n");
    await sandbox.end(next);
  });
});

describe("an adopted session", () => {
  it("is the same process, not restarted, and its output goes on into its log", async () => {
    const ref = await crashedDaemon("echo self=$$; cat", { release: true });
    const adopted = await adoptAlive(ref);
    expect([adopted.session.ref, await sandbox.pidOf("self")]).toEqual([ref, ref.identity.pid]);
    expect(await poke(adopted, "hello")).toEqual({ delivered: true });
    await sandbox.logged("hello\nhello\n");
    await sandbox.end(adopted);
    expect(lives(ref.identity.pid)).toBe(false);
  });

  it("that dies tells its exit code", async () => {
    const adopted = await adoptAlive(await crashedDaemon("read line; exit 7", { release: true }));
    await poke(adopted, "go");
    await adopted.told.hasExited();
    expect([adopted.told.exit?.code, adopted.told.outcome]).toEqual([7, { ran: true, empty: true }]);
    await sandbox.kind.clearMark(OWNER.agent, OWNER.incarnation);
  });

  it("that died while no daemon was there tells its exit code all the same", async () => {
    const ref = await crashedDaemon("exit 4", { release: true });
    await until(() => !lives(ref.identity.pid), "the end");
    const { told } = await adoptAlive(ref);
    await told.hasExited();
    expect(told.exit).toMatchObject({ code: 4, reason: "exited with code 4" });
    await sandbox.kind.clearMark(OWNER.agent, OWNER.incarnation);
    expect(sandbox.sessions()).toEqual([]);
  });

  it("that is forgotten leaves neither timer nor watcher behind and the agent alone", async () => {
    const ref = await crashedDaemon("exec sleep 60", { release: true });
    const adopted = await adoptAlive(ref);
    adopted.session.forget();
    const busy = (): string[] => process.getActiveResourcesInfo().filter((name) => /Timeout|FSEvent/.test(name));
    await until(() => busy().every((name) => name === "Timeout"), "the watcher's end");
    expect([lives(ref.identity.pid), sandbox.sessions()]).toEqual([true, ["town/mayor"]]);
    await sandbox.end(await adoptAlive(ref));
  });
});

describe("a session whose server was killed while no daemon was there", () => {
  it("and that left nothing is dead", async () => {
    const ref = await crashedDaemon("exec sleep 60", { release: true });
    process.kill(sandbox.serverPid(), "SIGKILL");
    await until(() => !lives(ref.identity.pid), "the end");
    const adoption = await sandbox.kind.adopt(ref, OWNER, new Told());
    expect(adoption).toEqual({ outcome: "dead", session: null, rebooted: false });
  });

  it("is dead with its leftovers, which a kill sweeps", async () => {
    const ref = await crashedDaemon("trap '' HUP; echo up; while :; do sleep 60; done", { release: true });
    await sandbox.logged("up");
    process.kill(sandbox.serverPid(), "SIGKILL");
    const told = new Told();
    const adoption = await sandbox.kind.adopt(ref, OWNER, told);
    if (adoption.outcome !== "dead" || adoption.session === null) throw new Error("no leftovers were found");
    adoption.session.kill();
    await told.hasEmptied();
    expect([told.calls, lives(ref.identity.pid)]).toEqual([["emptied"], false]);
  });

  it("by a reboot says so", async () => {
    const ref = await crashedDaemon("exec sleep 60", { release: true });
    const earlier = { ...ref, identity: { ...ref.identity, boot: "another boot", pid: 1 } };
    const adoption = await sandbox.kind.adopt(earlier, OWNER, new Told());
    expect(adoption).toEqual({ outcome: "dead", session: null, rebooted: true });
    await sandbox.end(await adoptAlive(ref));
  });
});

it("a session of another incarnation is not taken for the one that was recorded", async () => {
  const ref = await crashedDaemon("exec sleep 60", { release: true });
  sandbox.tmux("set-option", "-t", "=town/mayor:", "@hearth-incarnation", "99");
  const adoption = await sandbox.kind.adopt(ref, OWNER, new Told());
  expect(adoption.outcome).toBe("dead");
  sandbox.tmux("set-option", "-t", "=town/mayor:", "@hearth-incarnation", "1");
  await sandbox.end(await adoptAlive(ref));
});

it("a daemon killed at any moment of a start leaves an agent that is known, or none", async () => {
  for (let delayMs = 0; delayMs < 48; delayMs += 6) {
    const launch = sandbox.launch(["sh", "-c", "exec sleep 60"]);
    const settings = { home: sandbox.home, run: sandbox.run, marks: sandbox.marks, launch, release: true };
    const daemon = spawn(process.execPath, [daemonProgram(), JSON.stringify(settings)], { stdio: "ignore" });
    await until(() => existsSync(sandbox.socket) || daemon.exitCode !== null, "the server");
    await new Promise((resolve) => setTimeout(resolve, delayMs / 2));
    daemon.kill("SIGKILL");
    await once(daemon, "exit");
    await until(() => sandbox.commands().length === 0, "the end of what it had told tmux to do");
    // Whoever is left now has its mark, so a daemon that recorded it finds it alive; without a mark it is gone.
    const isRunning = (): boolean => sandbox.panes().some(({ dead }) => !dead);
    await until(() => !isRunning() || existsSync(sandbox.markOf(launch.incarnation)), "the decision");
    expect(isRunning()).toBe(existsSync(sandbox.markOf(launch.incarnation)));
    await sandbox.killServer();
  }
});
