// What becomes of a session whose gate somebody stops between its fork and its exec.
import { existsSync } from "node:fs";
import { describe, expect, it } from "vitest";
import type { Session } from "../../src/sessions/session.js";
import { isStopped } from "./rotation.js";
import { lives, Sandbox, type Told, until } from "./sandbox.js";
import { TmuxSandbox } from "./tmux-sandbox.js";

interface Forked {
  readonly session: Pick<Session, "release"> & { readonly ref: Pick<Session["ref"], "identity"> };
  readonly told: Told;
}

async function expectReleaseToFail({ session }: Forked): Promise<void> {
  process.kill(session.ref.identity.pid, "SIGSTOP");
  await until(() => isStopped(session.ref.identity.pid), "the gate to be stopped");
  await expect(session.release()).rejects.toMatchObject({ name: "ReleaseError" });
}

// At the same time, since each waits as long as a gate is waited for.
describe.concurrent("a gate that does nothing is given up after a while and can be killed unrun", () => {
  it("when it is a process", async ({ onTestFinished }) => {
    const sandbox = new Sandbox();
    onTestFinished(() => sandbox.dispose());
    const forked = await sandbox.fork("echo ran");
    await expectReleaseToFail(forked);
    forked.session.kill();
    await forked.told.hasExited();
    expect([forked.told.outcome?.ran, sandbox.log(), existsSync(sandbox.markOf(1))]).toEqual([false, "", false]);
  });

  it("when it is in a tmux pane", async ({ onTestFinished }) => {
    const sandbox = new TmuxSandbox();
    onTestFinished(() => sandbox.dispose());
    const forked = await sandbox.fork(["sh", "-c", "echo ran"]);
    // A tmux server continues whatever is stopped in its panes.
    const server = sandbox.serverPid();
    process.kill(server, "SIGSTOP");
    await expectReleaseToFail(forked).finally(() => forked.session.kill());
    await until(() => !lives(forked.session.ref.identity.pid), "the gate's end");
    process.kill(server, "SIGCONT");
    await sandbox.end(forked);
    expect([forked.told.outcome?.ran, sandbox.log(), existsSync(sandbox.markOf(1))]).toEqual([false, "", false]);
  });
});
