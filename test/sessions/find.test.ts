// What is found of sessions that nobody knows: by their marks, and by every process's environment when those are lost.
import { spawn } from "node:child_process";
import { existsSync, readFileSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { AgentIncarnation, SessionRef } from "../../src/sessions/session.js";
import { hashToken } from "../../src/sessions/token.js";
import { bundled } from "./fixtures/bundle.js";
import { crash, lives, Sandbox, Told, until } from "./sandbox.js";

const daemonProgram = bundled("daemon");

let sandbox: Sandbox;
beforeEach(() => {
  sandbox = new Sandbox();
});
afterEach(() => sandbox.dispose());

const OWNER = { agent: "town/mayor", incarnation: 1 };
const nobody = (): boolean => false;
const quick = { thorough: false };
const thorough = { thorough: true };

/** Starts the first incarnation under a daemon that dies. */
async function orphan(script: string): Promise<SessionRef> {
  const launch = sandbox.launch(["sh", "-c", script]);
  const env = { ...launch.env, HEARTH_TOKEN: "secret" };
  const tokenHash = hashToken("secret");
  const daemon = await sandbox.daemon(daemonProgram(), { ...launch, env, tokenHash }, { release: true });
  await crash(daemon);
  return daemon.ref;
}

function commandOf({ identity }: SessionRef): string {
  return readFileSync(`/proc/${identity.pid}/cmdline`, "utf8");
}

async function end({ identity }: SessionRef): Promise<void> {
  process.kill(identity.pid, "SIGKILL");
  await until(() => !lives(identity.pid), "the end");
}

describe("by its mark", () => {
  it("a live session is found with all that was recorded of it", async () => {
    const ref = await orphan("exec sleep 60");
    expect(await sandbox.kind.find(nobody, quick)).toEqual([{ ...OWNER, ref }]);
    await end(ref);
  });

  it("a session that somebody knows is not found", async () => {
    const ref = await orphan("exec sleep 60");
    const isKnown = ({ agent, incarnation }: AgentIncarnation) => agent === OWNER.agent && incarnation === 1;
    for (const options of [quick, thorough]) expect(await sandbox.kind.find(isKnown, options)).toEqual([]);
    await end(ref);
  });

  it("of one that has ended only the number is found", async () => {
    await end(await orphan("exec sleep 60"));
    expect(await sandbox.kind.find(nobody, quick)).toEqual([{ ...OWNER, ref: null }]);
  });

  it("one from before a reboot is not taken for alive", async () => {
    const ref = await orphan("exec sleep 60");
    const before = { ...ref, identity: { ...ref.identity, boot: "another boot" } };
    writeFileSync(sandbox.markOf(1), `${JSON.stringify(before)}\n`);
    expect(await sandbox.kind.find(nobody, quick)).toEqual([{ ...OWNER, ref: null }]);
    await end(ref);
  });

  it("what is left of one whose leader has ended is found, to be swept", async () => {
    const ref = await orphan("setsid sh -c 'echo child=$$; exec sleep 60' & sleep 60");
    const child = await sandbox.sleeper("child");
    process.kill(-ref.identity.pid, "SIGKILL");
    await until(() => !lives(ref.identity.pid), "the end");
    const [found] = await sandbox.kind.find(nobody, quick);
    expect(found).toEqual({ ...OWNER, ref });
    const told = new Told();
    const adoption = await sandbox.kind.adopt(ref, OWNER, told);
    if (adoption.outcome !== "dead" || adoption.session === null) throw new Error("no leftovers were found");
    adoption.session.kill();
    await told.hasEmptied();
    expect(lives(child)).toBe(false);
  });

  it("a gate that has let nothing run is not found, and ends by itself", async () => {
    const daemon = await sandbox.daemon(daemonProgram(), sandbox.launch(["sh", "-c", "echo ran"]), { release: false });
    const { pid } = daemon.ref.identity;
    process.kill(pid, "SIGSTOP");
    await crash(daemon);
    for (const options of [quick, thorough]) expect(await sandbox.kind.find(nobody, options)).toEqual([]);
    process.kill(pid, "SIGCONT");
    await until(() => !lives(pid), "the gate's end");
  });
});

describe.each<[string, (mark: string) => void]>([
  ["is lost", (mark) => rmSync(mark)],
  ["is empty", (mark) => truncateSync(mark)],
  ["is torn", (mark) => truncateSync(mark, 20)],
])("a session whose mark %s", (_what, damage) => {
  it("is found by its environment, with its leader, its start and its token, and can be adopted", async () => {
    const askedAt = Date.now();
    const ref = await orphan("setsid sleep 60 & exec sleep 60");
    const runsAt = Date.now();
    // Until the gate has become the command there is nothing that anybody could want back.
    await until(() => commandOf(ref).startsWith("sleep\0"), "the command to run");
    damage(sandbox.markOf(1));
    const found = (await sandbox.kind.find(nobody, thorough)).find((each) => each.ref !== null);
    expect(found).toMatchObject({ ...OWNER, ref: { ...ref, startedAt: expect.any(Number) } });
    // The kernel says when it was forked, in steps of its own.
    expect(found?.ref?.startedAt).toBeGreaterThan(askedAt - 100);
    expect(found?.ref?.startedAt).toBeLessThan(runsAt + 100);
    const told = new Told();
    const adoption = await sandbox.kind.adopt(ref, OWNER, told);
    if (adoption.outcome !== "alive") throw new Error(`adoption: ${adoption.outcome}`);
    adoption.session.kill();
    await told.isOver();
  });
});

it("what somebody started by hand with an agent's environment is left alone", async () => {
  const marks = Object.entries(sandbox.marked("town/mayor", 5)).map((entry) => entry.join("="));
  const script = 'env "$@" sleep 60 & wait';
  const terminal = spawn("sh", ["-c", script, "sh", ...marks], { detached: true, stdio: "ignore" });
  await until(() => sandbox.left().length === 1, "the process that was started by hand");
  expect(await sandbox.kind.find(nobody, thorough)).toEqual([]);
  process.kill(-(terminal.pid ?? 0), "SIGKILL");
  await until(() => sandbox.left().length === 0, "the end");
});

it("a session of another home is not found, whatever it inherited", async () => {
  const other = new Sandbox();
  const { session, told } = await other.run("exec sleep 60");
  expect(await sandbox.kind.find(nobody, thorough)).toEqual([]);
  session.kill();
  await told.isOver();
  await other.dispose();
});

it("sweeping removes the marks and pipes of all but those to be kept, and nothing that is not ours", async () => {
  const started = await sandbox.run("exec sleep 60", { stdin: "pokes" });
  const note = join(sandbox.marks, "a note");
  for (const file of [note, sandbox.markOf(7), sandbox.markOf(1, "town"), `${sandbox.home}/run/stdin/town.1`])
    writeFileSync(file, "");
  await sandbox.kind.sweep(({ agent, incarnation }) => agent === OWNER.agent && incarnation === 1);
  const left = [note, sandbox.markOf(1), `${sandbox.home}/run/stdin/town%2Fmayor.1`];
  expect(left.filter(existsSync)).toEqual(left);
  const gone = [sandbox.markOf(7), sandbox.markOf(1, "town"), `${sandbox.home}/run/stdin/town.1`];
  expect(gone.filter(existsSync)).toEqual([]);
  started.session.kill();
  await started.told.isOver();
});
