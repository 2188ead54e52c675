// A recorded PID that is somebody else's by now is never signalled: the numbers are really reused, in a PID namespace.
import { readFileSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { describe, expect, test } from "vitest";
import type { AgentDefinition } from "../../protocol/definition.js";
import type { AgentStatus } from "../../protocol/methods.js";
import { Container, canContain } from "../support/container.js";
import { configure, HEARTHD, newHome, otherDescriptor, readDescriptor, sh } from "../support/daemon.js";
import { eventually } from "../support/deadline.js";
import { Wire } from "../support/wire.js";

const HEARTH = resolve(import.meta.dirname, "../../dist/hearth.cjs");

/** Writes down every signal it gets; there is no other way to end it than SIGKILL. */
const WITNESS = `
  const { appendFileSync } = require("node:fs");
  const note = (what) => appendFileSync(process.argv[1], what + "\\n");
  for (const name of Object.keys(require("node:os").constants.signals))
    try { process.on(name, () => note(name)); } catch {}
  setInterval(() => {}, 1e9);
  note("watching");
`;
const AT_ONCE = { backoff: "0s", jitter: 0 } as const;
const AGENTS = { a: sh("exec sleep 600", { autostart: true, restart: AT_ONCE }) };

/** A daemon inside a container, seen from outside. Its PIDs are numbers of the container. */
interface Inside {
  readonly pid: number;
  readonly wire: Wire;
  until(holds: (agent: AgentStatus) => boolean): Promise<AgentStatus>;
}

/** Starts hearthd inside; what it says on stderr is kept in the home. */
async function startInside(container: Container, home: string): Promise<Inside> {
  const file = join(home, "daemon.json");
  const { instanceId: before } = existingDescriptor(file);
  const hearthd = `${process.execPath} ${HEARTHD} --home ${home}`;
  await container.run(`HEARTH_HOME=${home} ${hearthd} >/dev/null 2>${home}/said &`);
  const { pid, socketPath, token } = await otherDescriptor(file, before);
  const wire = await Wire.connect(socketPath);
  await wire.call("system.attach", { token });
  const look = () => wire.call("agent.get", { agent: "a" });
  const until: Inside["until"] = (holds) =>
    eventually(async () => {
      const agent = await look();
      return holds(agent) ? agent : null;
    }, "the agent as described");
  return { pid, wire, until };
}

function existingDescriptor(file: string): { readonly instanceId: string | null } {
  try {
    return readDescriptor(file);
  } catch {
    return { instanceId: null };
  }
}

/** A program of somebody else's that has got this number. */
class Stranger {
  readonly #file: string;

  static async as(pid: number, { container, home }: { container: Container; home: string }): Promise<Stranger> {
    const stranger = new Stranger(container, pid, join(home, `signals-of-${pid}`));
    await container.claim(pid, `${process.execPath} -e '${WITNESS}' ${stranger.#file}`);
    await eventually(() => stranger.#notes() === "watching\n", "the stranger watches");
    return stranger;
  }

  private constructor(
    readonly container: Container,
    readonly pid: number,
    file: string,
  ) {
    this.#file = file;
    writeFileSync(file, "");
  }

  /** Asked with a signal of the test's own, so that one that came before would have been written down before. */
  async expectUnharmed(): Promise<void> {
    await this.container.run(`kill -WINCH ${this.pid}`);
    await eventually(() => this.#notes().endsWith("SIGWINCH\n"), `${this.pid} answers, having noted ${this.#notes()}`);
    expect(this.#notes().replace("SIGWINCH\n", "")).toBe("watching\n");
    writeFileSync(this.#file, "watching\n");
  }

  #notes(): string {
    return readFileSync(this.#file, "utf8");
  }
}

async function cli(container: Container, home: string, command: string): Promise<string> {
  return container.run(`${process.execPath} ${HEARTH} ${command} --home ${home} 2>&1; echo "exit $?"`);
}

/** A daemon and its agent inside a container, the agent's number and the home they share. */
interface Scene {
  readonly container: Container;
  readonly home: string;
  readonly daemon: Inside;
  readonly agentPid: number;
}

async function inContainer(home: string, act: (scene: Scene) => Promise<void>): Promise<void> {
  await Container.use(async (container) => {
    const daemon = await startInside(container, home);
    const { pid } = await daemon.until(({ ready }) => ready);
    await act({ container, home, daemon, agentPid: pid ?? 0 });
  });
}

function homeWith(agents: Record<string, AgentDefinition>): string {
  const home = newHome();
  configure(home, { agents });
  return home;
}

describe.runIf(canContain)("in a PID namespace of its own", () => {
  test("a program that has got a dead agent's PID lives on, and the agent has failed unseen and runs again", async () => {
    await inContainer(homeWith(AGENTS), async ({ container, home, daemon, agentPid }) => {
      await container.kill(daemon.pid);
      await container.kill(agentPid);
      const stranger = await Stranger.as(agentPid, { container, home });

      const next = await startInside(container, home);
      const again = await next.until(({ incarnation, ready }) => incarnation === 2 && ready);
      expect(again).toMatchObject({ restarts: 1, recentFailures: 1, lastExit: { reason: "exit not observed" } });
      await stranger.expectUnharmed();
      await next.wire.call("agent.restart", { agent: "a", wait: true });
      await next.wire.call("agent.stop", { agent: "a" });
      await stranger.expectUnharmed();
      expect(await cli(container, home, "daemon stop")).toContain("exit 0");
      await stranger.expectUnharmed();
    });
  });

  test("a program that gets an adopted agent's PID under the daemon's eyes gets no signal, and the death is noticed", async () => {
    await inContainer(homeWith(AGENTS), async ({ container, home, daemon, agentPid }) => {
      await container.kill(daemon.pid);
      const next = await startInside(container, home);
      await next.until(({ adopted }) => adopted);
      // Halted, so that it sees nothing of the change, and starts no session that gets the number itself.
      await container.run(`kill -STOP ${next.pid}`);
      await container.kill(agentPid);
      const stranger = await Stranger.as(agentPid, { container, home });
      await container.run(`kill -CONT ${next.pid}`);
      await next.wire.ask("agent.signal", { agent: "a", signal: "SIGUSR1" });
      await next.until(({ incarnation, ready }) => incarnation === 2 && ready);
      await next.wire.call("agent.stop", { agent: "a" });
      await stranger.expectUnharmed();
    });
  });

  test("a lock and a descriptor that name a PID of somebody else's keep no daemon out and get nobody signalled", async () => {
    await inContainer(homeWith(AGENTS), async ({ container, home, daemon, agentPid }) => {
      await container.kill(daemon.pid);
      const stranger = await Stranger.as(daemon.pid, { container, home });
      expect(await cli(container, home, "daemon status")).toMatch(/stale.*exit 1$/s);

      const next = await startInside(container, home);
      expect(await next.until(({ adopted }) => adopted)).toMatchObject({ pid: agentPid, incarnation: 1 });
      await container.kill(next.pid);
      const other = await Stranger.as(next.pid, { container, home });
      expect(await cli(container, home, "daemon stop")).toContain("exit 0");
      expect(await cli(container, home, "daemon status")).toMatch(/exit 3$/);
      await stranger.expectUnharmed();
      await other.expectUnharmed();
    });
  });

  test("in a restarted container nothing that was recorded before is signalled, and nothing counts as a failure", async () => {
    const home = homeWith(AGENTS);
    const pids: number[] = [];
    await inContainer(home, async ({ daemon, agentPid }) => {
      pids.push(daemon.pid, agentPid);
    });
    await Container.use(async (container) => {
      const strangers: Stranger[] = [];
      for (const pid of pids) strangers.push(await Stranger.as(pid, { container, home }));
      const daemon = await startInside(container, home);
      expect(await daemon.until(({ ready }) => ready)).toMatchObject({
        restarts: 0,
        recentFailures: 0,
        lastExit: { reason: "the machine was restarted" },
      });
      await daemon.wire.call("agent.stop", { agent: "a" });
      expect(await cli(container, home, "daemon stop")).toContain("exit 0");
      for (const stranger of strangers) await stranger.expectUnharmed();
    });
  });

  test.each([
    ["in the session's identity", (init: string) => `"init":"${init}"`, '"init":"7"'],
    ["in the record of the boot", (init: string) => `:${init}"`, ':7"'],
  ])("another start time of PID 1 %s makes a live process somebody else's", async (_, recorded, other) => {
    const home = newHome();
    const witness = join(home, "signals-of-the-agent");
    const command = [process.execPath, "-e", WITNESS, witness];
    configure(home, { agents: { a: { command, autostart: true, ready: { command: `test -s ${witness}` } } } });
    await inContainer(home, async ({ container, daemon }) => {
      await container.kill(daemon.pid);
      const init = await container.run("cut -d ' ' -f 22 /proc/1/stat");
      const journal = join(home, "journal.ndjson");
      const text = readFileSync(journal, "utf8");
      expect(text).toContain(recorded(init));
      writeFileSync(journal, text.replaceAll(recorded(init), other));
      const mark = join(home, "run/started/a.1");
      writeFileSync(mark, readFileSync(mark, "utf8").replace(`"init":"${init}"`, '"init":"7"'));
      configure(home, { agents: AGENTS });

      const next = await startInside(container, home);
      const { lastExit, recentFailures } = await next.until(({ incarnation, ready }) => incarnation > 1 && ready);
      expect([lastExit?.reason, recentFailures]).toEqual(["the machine was restarted", 0]);
      await next.wire.call("agent.stop", { agent: "a" });
      expect(readFileSync(witness, "utf8")).toBe("watching\n");
    });
  });
});
