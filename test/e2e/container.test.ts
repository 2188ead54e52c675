// hearthd in a container, as `docker run` has it: nothing but the entry script between it and the kernel.
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { readdirSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { afterEach, describe, expect, test } from "vitest";
import { canContain } from "../support/container.js";
import { configure, type Ended, HEARTHD, newHome, otherDescriptor, sh } from "../support/daemon.js";
import { eventually, within } from "../support/deadline.js";
import { isRunning } from "../support/processes.js";
import { Wire } from "../support/wire.js";

const ENTRY = resolve(import.meta.dirname, "../../examples/container/entry");
const HEARTH = resolve(import.meta.dirname, "../../dist/hearth.cjs");
const SHELLS = ["dash", "bash"];

const containers: ChildProcess[] = [];

// Runs before the fixture of daemons looks for processes that were left behind.
afterEach(() => {
  for (const container of containers.splice(0)) container.kill("SIGKILL");
});

/** Whatever runs as process 1 of a PID namespace, with everything in it. */
class Contained {
  readonly ended: Promise<Ended>;
  readonly #unshare: ChildProcess;
  #met: string | null = null;

  constructor(
    readonly home: string,
    command: readonly string[],
  ) {
    const namespace = ["--pid", "--fork", "--mount-proc", "--kill-child"];
    this.#unshare = spawn("unshare", [...namespace, ...command], {
      env: { ...process.env, HEARTH_HOME: home, HEARTHD },
      stdio: ["ignore", "ignore", "pipe"],
    });
    containers.push(this.#unshare);
    let stderr = "";
    this.#unshare.stderr?.setEncoding("utf8").on("data", (text: string) => {
      stderr += text;
    });
    this.ended = once(this.#unshare, "close").then(([code, signal]): Ended => ({ code, signal, stderr }));
  }

  /** Its process 1, by its number out here. */
  get first(): number {
    const [first] = childrenOf(this.#unshare.pid ?? 0);
    // A signal to "process 0" would end this test run.
    if (first === undefined) throw new Error("the container has ended, or not begun");
    return first;
  }

  /** Attached to the daemon inside, once there is one that was not met before. */
  async daemon(): Promise<Wire> {
    const { socketPath, token, instanceId } = await otherDescriptor(join(this.home, "daemon.json"), this.#met);
    this.#met = instanceId;
    const wire = await Wire.connect(socketPath);
    await wire.call("system.attach", { token });
    await wire.call("events.subscribe", { since: 0 });
    return wire;
  }

  /** What `docker stop` and the like send. */
  signal(signal: NodeJS.Signals): void {
    process.kill(this.first, signal);
  }
}

function childrenOf(parent: number): number[] {
  const pids = readdirSync("/proc").filter((name) => /^\d+$/.test(name));
  return pids.map(Number).filter((pid) => parentOf(pid) === parent);
}

/** Zombies have parents too. */
function parentOf(pid: number): number {
  try {
    return Number(/^PPid:\s*(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1]);
  } catch {
    return 0;
  }
}

describe.runIf(canContain)("in a PID namespace of its own", () => {
  test.each([
    ["hearthd", [HEARTHD]],
    ["hearth daemon run", [HEARTH, "daemon", "run"]],
  ])("%s refuses to be process 1, with 78 and what to do instead", async (_name, command) => {
    const { ended } = new Contained(newHome(), [process.execPath, ...command]);
    const { code, stderr } = await within(ended, () => "it refuses");
    expect(code).toBe(78);
    expect(stderr).toMatch(/docker run --init.*examples\/container\/entry/);
  });

  test.each(SHELLS)(
    "the entry (%s) reaps orphans, and stops agents and daemon on SIGTERM with code 0",
    async (shell) => {
      const home = newHome();
      // Each background process loses its parent at once and ends while the agent goes on.
      const orphans = "for i in 1 2 3 4 5; do (sleep 0.1 &); done; echo left; exec sleep 600";
      configure(home, { agents: { a: sh(orphans, { autostart: true, ready: { output: "left" } }) } });
      const container = new Contained(home, [shell, ENTRY]);
      const daemon = await container.daemon();
      await daemon.event("agent.ready", "a");
      await eventually(() => childrenOf(container.first).length === 1, "process 1 has no child but the daemon");
      const [hearthd = 0] = childrenOf(container.first);
      const agents = childrenOf(hearthd);
      expect(agents.filter(isRunning)).toHaveLength(1);
      container.signal("SIGHUP");
      await daemon.event("daemon.reloaded");
      container.signal("SIGTERM");
      await daemon.event("agent.stopped", "a");
      expect(await within(container.ended, () => "the container ends")).toMatchObject({ code: 0, signal: null });
    },
  );

  test("the entry starts a daemon that asks for it again, and its agents go on", async () => {
    const home = newHome();
    configure(home, { agents: { a: sh("exec sleep 600", { autostart: true }) } });
    const container = new Contained(home, ["/bin/sh", ENTRY]);
    const daemon = await container.daemon();
    await daemon.event("agent.ready", "a");
    const { pid } = await daemon.call("agent.get", { agent: "a" });
    await daemon.call("daemon.restart", {});
    const next = await container.daemon();
    await next.event("agent.adopted", "a");
    expect(await next.call("agent.get", { agent: "a" })).toMatchObject({ pid, incarnation: 1 });
    container.signal("SIGINT");
    expect(await within(container.ended, () => "the container ends")).toMatchObject({ code: 0 });
  });

  test("the entry ends with the daemon's own code", async () => {
    const home = newHome();
    configure(home, "[agents.a]\ncomand = 'true'\n");
    const { ended } = new Contained(home, ["/bin/sh", ENTRY]);
    const { code, stderr } = await within(ended, () => "the container ends");
    expect({ code, stderr }).toEqual({ code: 78, stderr: expect.stringContaining("hearth.toml:2:1") });
  });
});
