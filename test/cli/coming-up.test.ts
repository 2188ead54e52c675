// While `hearth start` waits, a person at a terminal sees how far each agent has come.
import { writeFileSync } from "node:fs";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Happening } from "../../protocol/calls.js";
import { advance, expected, renderComingUp } from "../../src/cli/render/coming-up.js";
import { plain as controlled } from "../../src/cli/render/text.js";
import { widthOf } from "../../src/cli/render/width.js";
import { sh, startDaemon } from "../support/daemon.js";
import { hearth } from "./hearth.js";

const AT = "2026-03-01T08:00:00.000Z";
const NOW = Date.parse(AT) + 2_000;
/** What takes the last of the live lines away. */
const CLEARED = "\x1b[J";
const LAST_WORDS = "broken | no such table";
const plain = { columns: 80, isColourful: false };

function event(type: string, agent: string, data: object = {}): Happening {
  return { subscription: "s", seq: 1, at: AT, type, agent, data } as Happening;
}

describe("agents that come up", () => {
  it("are told from what happens to them", () => {
    const happenings = [
      event("agent.starting", "db"),
      event("agent.running", "db", { pid: 42 }),
      event("agent.exited", "web", { reason: "exited with code 3" }),
      event("agent.backoff", "web", { delayMs: 500 }),
      event("agent.ready", "api"),
    ];
    const agents = happenings.reduce(advance, expected(["api", "web", "worker"], Date.parse(AT)));
    expect(renderComingUp(agents, plain, { now: NOW, rows: 10 })).toEqual([
      "api              ready",
      "web     2s       exited with code 3, again in 500ms",
      "worker  2s       waiting",
      "db      2s       running (pid 42), not ready yet",
    ]);
  });

  it("do not make room for those that nobody asked for and that do not start", () => {
    const agents = [event("agent.exited", "other"), event("agent.ready", "other")].reduce(advance, expected([], NOW));
    expect(renderComingUp(agents, plain, { now: NOW, rows: 10 })).toEqual([]);
  });

  it("fit the terminal, whatever happens and however many there are; none is lost from sight unsaid", () => {
    const types = ["starting", "running", "ready", "exited", "backoff", "failed", "stopped"];
    const happening = fc
      .tuple(
        fc.constantFrom(...types),
        fc.nat(60),
        fc.oneof(fc.string({ unit: "binary" }), fc.constant("漢字".repeat(30))),
      )
      .map(([type, agent, reason]) =>
        event(`agent.${type}`, `town/agent-${agent}`, { reason, pid: 1, delayMs: 1_000 }),
      );
    const size = fc.record({ columns: fc.integer({ min: 1, max: 100 }), rows: fc.integer({ min: 1, max: 30 }) });
    fc.assert(
      fc.property(fc.array(happening), fc.nat(60), size, (happenings, count, { columns, rows }) => {
        const names = Array.from({ length: count }, (_, number) => `town/agent-${number}`);
        const agents = happenings.reduce(advance, expected(names, NOW));
        const lines = renderComingUp(agents, { columns, isColourful: false }, { now: NOW, rows });
        expect(lines.length).toBeLessThanOrEqual(rows);
        expect(lines.every((line) => widthOf(line) <= columns && controlled(line) === line)).toBe(true);
        const unsaid = lines.length < agents.size && !lines.at(-1)?.startsWith("... and".slice(0, columns - 1));
        expect(unsaid).toBe(false);
      }),
    );
  });
});

describe("hearth start", () => {
  const config = {
    agents: {
      slow: sh('until [ -e "$HEARTH_HOME/go" ]; do sleep 0.02; done; echo up; exec sleep 60', {
        ready: { output: "up" },
      }),
      // Never ready, so that it is waited for until it has ended, however late that is.
      broken: sh("echo no such table; exit 3", { ready: { output: "up" }, restart: { max_attempts: 0 } }),
    },
  };

  it("shows each agent on its way at a terminal, then only what became of it, with the last words of one that failed", async () => {
    const daemon = await startDaemon({ config });
    const onStdout = (text: string): void => {
      if (text.includes("not ready yet")) writeFileSync(daemon.path("go"), "");
    };
    const { code, stdout, stderr } = await hearth(["start", "--home", daemon.home, "--all"], { columns: 80, onStdout });
    expect([code, stderr]).toEqual([1, expect.stringContaining(LAST_WORDS)]);
    const after = stdout.slice(stdout.lastIndexOf(CLEARED) + CLEARED.length);
    expect(after).toMatch(/^slow is running \(pid \d+\)\nbroken is failed: exited with code 3\n$/);
  });

  it("shows nothing but the outcome where nobody looks on", async () => {
    const daemon = await startDaemon({ config });
    writeFileSync(daemon.path("go"), "");
    const { stdout } = await hearth(["start", "--home", daemon.home, "slow"]);
    expect(stdout).toMatch(/^slow is running \(pid \d+\)\n$/);
  });

  it("brings up more agents than a connection may wait for", async () => {
    const names = Array.from({ length: 70 }, (_, number) => `team/a-${number}`);
    const agents = Object.fromEntries(names.map((name) => [name, sh("exec sleep 60", { autostart: true })]));
    const daemon = await startDaemon({ config: { agents } });
    const { code, stdout } = await hearth(["start", "--home", daemon.home]);
    expect([code, stdout.match(/is running/g)?.length]).toEqual([0, 70]);
  });
});
