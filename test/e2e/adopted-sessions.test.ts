// An adopted session is like any other: what is known of it goes on, and whatever can be done to a session can be done to it.
import { readFileSync, writeFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import type { AgentDefinition, HearthToml } from "../../protocol/definition.js";
import type { AgentStatus } from "../../protocol/methods.js";
import { attachAs } from "../support/attached.js";
import { newHome, sh, startDaemon, type TestDaemon } from "../support/daemon.js";
import { eventually } from "../support/deadline.js";
import { isRunning, kill } from "../support/processes.js";

const AT_ONCE = { backoff: "0s", jitter: 0, max_attempts: 100 } as const;

describe.each(["process", "tmux"] as const)("an adopted session of the kind %s", (session) => {
  function agent(script: string, rest: Partial<AgentDefinition> = {}): AgentDefinition {
    return sh(script, { session, autostart: true, restart: AT_ONCE, ...rest });
  }

  /** A daemon whose agent `a` was started by one that has been killed since. */
  async function adopted(
    definition: AgentDefinition,
    settings: HearthToml["daemon"] = {},
  ): Promise<{ daemon: TestDaemon; pid: number }> {
    const first = await startDaemon({ config: { daemon: settings, agents: { a: definition } } });
    await first.until("a", ({ ready }) => ready);
    await first.kill();
    const daemon = await first.startAgain();
    const { pid } = await daemon.until("a", (status) => status.adopted);
    return { daemon, pid: pid ?? 0 };
  }

  function replaced(daemon: TestDaemon): Promise<AgentStatus> {
    return daemon.until("a", ({ incarnation, ready }) => incarnation === 2 && ready);
  }

  test("keeps its history: uptime, restarts, the last exit, being ready", async () => {
    const home = newHome();
    const script = `[ -e ${home}/once ] && exec sleep 60; touch ${home}/once; exit 3`;
    const daemon = await startDaemon({ home, config: { agents: { a: agent(script) } } });
    await daemon.until("a", ({ incarnation, ready }) => incarnation === 2 && ready);
    const { adopted: _, uptimeMs, ...before } = await daemon.agent("a");
    expect(before).toMatchObject({ restarts: 1, recentFailures: 1, lastExit: { code: 3 }, ready: true });
    await daemon.kill();
    const next = await daemon.startAgain();
    const after = await next.until("a", (status) => status.adopted);
    expect(after).toMatchObject(before);
    expect(after.uptimeMs).toBeGreaterThan(uptimeMs ?? 0);
  });

  test("writes every line once, however many daemons die meanwhile", async () => {
    const home = newHome();
    const script = `i=0; while [ ! -e ${home}/enough ]; do i=$((i+1)); echo "line $i"; sleep 0.002; done; echo end; exec sleep 60`;
    let daemon = await startDaemon({ home, config: { agents: { a: agent(script, { ready: { output: "line 3" } }) } } });
    const { logFile } = await daemon.until("a", ({ ready }) => ready);
    const lines = (): string[] => readFileSync(logFile, "utf8").replaceAll("\r", "").trimEnd().split("\n");
    for (let death = 0; death < 3; death++) {
      await daemon.kill();
      const { length } = lines();
      await eventually(() => lines().length > length + 10, "it writes without a daemon");
      daemon = await daemon.startAgain();
      await daemon.until("a", (status) => status.adopted);
    }
    writeFileSync(`${home}/enough`, "");
    await eventually(() => lines().at(-1) === "end", "its last line");
    const numbered = lines().slice(0, -1);
    expect(numbered).toEqual(numbered.map((_, index) => `line ${index + 1}`));
  });

  test("is replaced by a restart", async () => {
    const { daemon, pid } = await adopted(agent("exec sleep 60"));
    await daemon.call("agent.restart", { agent: "a", wait: true });
    expect(await replaced(daemon)).toMatchObject({ adopted: false, restarts: 0, recentFailures: 0 });
    expect(isRunning(pid)).toBe(false);
  });

  test("may ask for its own replacement, with a handoff", async () => {
    const { daemon, pid } = await adopted(agent("exec sleep 60"));
    const self = await attachAs(daemon, "a");
    const { request } = await self.call("lifecycle.request", { action: "cycle", handoff: "go on" });
    await replaced(daemon);
    const ended = await daemon.call("lifecycle.wait", { id: request.id });
    expect(ended.request).toMatchObject({ from: "a", state: "done", incarnation: { before: 1, after: 2 } });
    expect(await daemon.call("handoff.get", { agent: "a" })).toMatchObject({ handoff: "go on", fromIncarnation: 1 });
    expect(isRunning(pid)).toBe(false);
  });

  test("is ended for good by a shutdown", async () => {
    const { daemon, pid } = await adopted(agent("exec sleep 60"));
    const { request } = await daemon.call("lifecycle.request", { agent: "a", action: "shutdown" });
    await daemon.call("lifecycle.wait", { id: request.id });
    expect(await daemon.agent("a")).toMatchObject({ state: "stopped", wanted: "down", incarnation: 1 });
    expect(isRunning(pid)).toBe(false);
  });

  test("is given up by the watchdog when it stops beating", async () => {
    const heartbeat = { interval: "200ms", when_missed: 2, startup_grace: "5m" };
    const { daemon, pid } = await adopted(agent("exec sleep 60", { heartbeat }));
    await (await attachAs(daemon, "a")).call("agent.beat", {});
    expect((await daemon.event("watchdog.missed", "a")).data).toMatchObject({ incarnation: 1 });
    expect(await replaced(daemon)).toMatchObject({ restarts: 1, lastExit: { reason: "watchdog" } });
    expect(isRunning(pid)).toBe(false);
  });

  // Looked for each second, as test/sessions/vital-signs.test.ts has it; the heartbeat, once in an hour, would be too late here.
  test("that dies is noticed without a heartbeat, and replaced", async () => {
    const { daemon, pid } = await adopted(agent("exec sleep 60"), { heartbeat_interval: "1h" });
    kill(pid);
    await daemon.event("agent.exited", "a");
    expect(await replaced(daemon)).toMatchObject({ restarts: 1, recentFailures: 1 });
  });
});
