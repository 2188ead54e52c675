// The example clients, each in its language, against a real daemon: found by its files, and from inside a session.
import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { chmodSync, mkdirSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { promisify } from "node:util";
import { describe, expect, onTestFinished, test } from "vitest";
import type { HearthToml } from "../../protocol/definition.js";
import { newHome, sh, startDaemon, type TestDaemon } from "../support/daemon.js";
import { eventually, within } from "../support/deadline.js";

const example = (file: string) => resolve(import.meta.dirname, "../../examples/clients", file);

const CLIENTS: Readonly<Record<string, readonly string[]>> = {
  Python: ["python3", example("client.py")],
  shell: ["bash", example("client.sh")],
  "Node with the library": [process.execPath, example("client.mjs")],
  "an editor's JSON-RPC": [process.execPath, example("editor.mjs")],
};

/** Somewhere within a project whose daemon is to be found, as somebody does who types a command there. */
interface Project {
  readonly daemon: TestDaemon;
  readonly cwd: string;
}

async function startProject(agents: HearthToml["agents"] = {}): Promise<Project> {
  const directory = newHome("project-");
  const home = join(directory, ".hearth");
  const cwd = join(directory, "some/where");
  mkdirSync(home, { mode: 0o700 });
  mkdirSync(cwd, { recursive: true });
  writeFileSync(join(directory, "hearth.toml"), "");
  const clock = sh("while :; do date; sleep 1; done", { autostart: true });
  const daemon = await startDaemon({ home, config: { agents: { clock, ...agents } } });
  await daemon.until("clock", ({ state }) => state === "running");
  return { daemon, cwd };
}

interface Ran {
  readonly code: number;
  readonly lines: readonly string[];
  readonly complaint: string;
}

async function run(command: readonly string[], cwd: string): Promise<Ran> {
  const [program = "", ...args] = command;
  const running = promisify(execFile)(program, args, { cwd }).then(
    ({ stdout }) => ({ code: 0, stdout, stderr: "" }),
    (error: { code: number; stdout: string; stderr: string }) => error,
  );
  const { code, stdout, stderr } = await within(running, () => `${program} ends`);
  return { code, lines: stdout.trimEnd().split("\n"), complaint: stderr };
}

describe.each(Object.entries(CLIENTS))("the client for %s", (_language, command) => {
  test("finds the daemon from within its project, lists the agents, and sees the cycle done that it asked for", async () => {
    const { daemon, cwd } = await startProject();
    const { code, lines, complaint } = await run([...command, "clock"], cwd);
    expect({ code, complaint }).toEqual({ code: 0, complaint: "" });
    expect(lines.slice(0, 2)).toEqual(["attached as operator", "clock running"]);
    expect(lines).toContain("agent.exited clock");
    expect(lines.at(-1)).toBe("lifecycle.done clock");
    const { requests } = await daemon.call("lifecycle.list", { agent: "clock" });
    expect(requests).toMatchObject([{ from: "operator", action: "cycle", incarnation: { before: 1, after: 2 } }]);
  });

  test("is the agent in whose session it runs, and may do what that may", async () => {
    const visitor = { command: [...command, "clock"], may_control: ["clock"], restart: { policy: "never" as const } };
    const { daemon } = await startProject({ visitor });
    await daemon.call("agent.start", { agent: "visitor" });
    await daemon.event("agent.exited", "visitor");
    const { lines } = await daemon.call("agent.logs", { agent: "visitor" });
    expect(lines).toEqual(expect.arrayContaining(["attached as visitor", "clock running", "lifecycle.done clock"]));
    expect((await daemon.agent("visitor")).lastExit).toMatchObject({ code: 0 });
    expect((await daemon.call("lifecycle.list", {})).requests).toMatchObject([{ from: "visitor", agent: "clock" }]);
  });

  test("follows what happens until it is interrupted", async () => {
    const { daemon, cwd } = await startProject();
    const [program = "", ...args] = command;
    const child = spawn(program, args, { cwd, stdio: ["ignore", "pipe", "inherit"], detached: true });
    onTestFinished(() => void child.kill("SIGKILL"));
    let seen = "";
    child.stdout.setEncoding("utf8").on("data", (text: string) => {
      seen += text;
    });
    await eventually(async () => {
      await daemon.call("agent.poke", { agent: "clock" });
      return seen.includes("poke.sent clock");
    }, "the client prints what happens");
    const ended = once(child, "exit");
    // Ctrl-C reaches everything that runs in the foreground, as one group.
    process.kill(-(child.pid ?? 0), "SIGINT");
    await within(ended, () => "the client ends");
  });

  test("says what it was refused", async () => {
    const { cwd } = await startProject();
    const { code, complaint } = await run([...command, "nobody"], cwd);
    expect(code).not.toBe(0);
    expect(complaint).toContain('There is no agent "nobody"');
  });

  test("says that no daemon runs, and after a crash that nobody answers", async () => {
    const { daemon, cwd } = await startProject();
    await daemon.kill();
    const crashed = await run(command, cwd);
    expect(crashed.complaint).toMatch(/ECONNREFUSED|refused/);
    await (await daemon.startAgain()).stop();
    const stopped = await run(command, cwd);
    expect(stopped.complaint).toContain("daemon offline");
    expect([crashed.code, stopped.code]).toEqual([1, 1]);
  });

  test("takes no token from a descriptor that others can write", async () => {
    const { daemon, cwd } = await startProject();
    chmodSync(daemon.path("daemon.json"), 0o666);
    const { code, lines, complaint } = await run([...command, "clock"], cwd);
    expect(code).not.toBe(0);
    expect(lines).toEqual([""]);
    expect(complaint).toContain(daemon.path("daemon.json"));
    expect((await daemon.call("lifecycle.list", {})).requests).toEqual([]);
  });
});
