import { describe, expect, it } from "vitest";
import { exampleAgent, exampleDaemon } from "../../protocol/examples.js";
import type { AgentStatus } from "../../protocol/methods.js";
import { renderAgents, renderOutcomes } from "../../src/cli/render/agents.js";
import { renderDaemon, renderDaemonLine } from "../../src/cli/render/daemon.js";
import { formatDuration } from "../../src/cli/render/duration.js";
import { renderDaemonLogLines, renderLogLines } from "../../src/cli/render/logs.js";
import { formatBytes, formatPercent } from "../../src/cli/render/quantity.js";
import { renderTable } from "../../src/cli/render/table.js";
import { plain, plainWithColours } from "../../src/cli/render/text.js";
import { widthOf } from "../../src/cli/render/width.js";

const bare = { columns: 80, isColourful: false };
const colourful = { columns: 80, isColourful: true };

const long = {
  ...exampleAgent,
  agent: "gastown/a-team-with-a-long-name/a-witness-with-a-longer-name",
  lastExit: {
    code: 1,
    signal: null,
    at: exampleAgent.startedAt ?? "",
    reason: "the command `x` was not found in /usr/local/bin",
  },
};

const now = Date.parse("2026-03-01T09:00:00.000Z");
const told = {
  ...exampleAgent,
  usage: { cpuPercent: 1.5, memoryBytes: 48_000_000, processes: 2 },
  history: [
    { at: "2026-03-01T08:11:00.000Z", states: ["starting", "failed" as const] },
    { at: "2026-03-01T08:20:30.000Z", states: ["backoff" as const] },
    { at: "2026-03-01T08:21:00.000Z", states: ["running" as const] },
  ] satisfies AgentStatus["history"],
};

function widest(lines: readonly string[]): number {
  return Math.max(...lines.map(widthOf));
}

describe("the table of agents", () => {
  it("shows state, pid, uptime, restarts and last exit", () => {
    expect(renderAgents([exampleAgent], bare)).toEqual([
      "AGENT    STATE      PID   UPTIME  RESTARTS  LAST EXIT",
      "gateway  ● running  4242  1m 1s   1         SIGKILL",
    ]);
  });

  it.each([200, 80, 40, 20, 7, 1])("is never wider than %i columns", (columns) => {
    expect(widest(renderAgents([exampleAgent, long, told], { ...bare, columns }))).toBeLessThanOrEqual(columns);
  });

  it("keeps agent and state longest", () => {
    expect(renderAgents([long], { ...bare, columns: 20 })).toEqual(["AGENT      STATE", "gastown/…  ● running"]);
  });

  it("has room in 80 columns for everything, and for more of the last hour where there is more", () => {
    const head = "AGENT    STATE      PID   UPTIME  RESTARTS  LAST EXIT  CPU   MEM   HOUR";
    expect(renderAgents([told], bare, { now })).toEqual([
      head,
      "gateway  ● running  4242  1m 1s   1         SIGKILL    1.5%  48MB  ··✖✖✖▇▇▇▇▇▇▇",
    ]);
    const strip = (columns: number) =>
      renderAgents([told], { ...bare, columns }, { now })[1]
        ?.split("  ")
        .at(-1) ?? "";
    expect([75, 80, 88, 100, 200].map((columns) => [...strip(columns)].length)).toEqual([6, 12, 20, 30, 60]);
  });

  it("has every column, as wide as it must be, where there is no terminal", () => {
    const [head, , row] = renderAgents([told, long], { ...bare, columns: Number.POSITIVE_INFINITY }, { now });
    expect(head).toMatch(/AGENT +STATE +PID +UPTIME +RESTARTS +LAST EXIT +CPU +MEM +HOUR/);
    expect(row).toContain(long.agent);
    expect(row).toContain(long.lastExit.reason);
  });

  it("leaves details of an exit to the page of the agent", () => {
    const reason = "command not found: x (searched PATH /a:/b)";
    const lastExit = { code: null, signal: null, at: "2026-03-01T08:00:00.000Z", reason };
    const [, row] = renderAgents([{ ...exampleAgent, lastExit }], bare);
    expect(row).toMatch(/ command not found: x$/);
  });

  it("tells what is not known by a dash, and what its processes use only when it was asked", () => {
    const usage = { cpuPercent: null, memoryBytes: 1_234_000_000, processes: 3 };
    const [head, row] = renderAgents([{ ...exampleAgent, usage }], bare);
    expect(head).toMatch(/CPU +MEM$/);
    expect(row).toMatch(/ - +1.2GB$/);
  });

  it("tells an agent that is not ready, when one is tried again, and what it waits for", () => {
    expect(renderAgents([{ ...exampleAgent, ready: false }], bare)[1]).toContain("◐ not ready");
    const backoffUntil = "2026-03-01T08:01:12.000Z";
    const failing = { ...exampleAgent, state: "backoff" as const, backoffUntil };
    expect(renderAgents([failing], bare, { now: Date.parse(backoffUntil) - 12_000 })[1]).toContain("↻ backoff 12s");
    const waiting = { ...exampleAgent, state: "starting" as const, waitingFor: ["db"] };
    expect(renderAgents([waiting], bare)[1]).toContain("◌ waiting for db");
  });

  it("has nothing but ASCII where the terminal may have nothing else", () => {
    const style = { ...bare, columns: 60, isAscii: true };
    const states = ["running", "starting", "stopping", "stopped", "backoff", "failed"] as const;
    const lines = renderAgents([long, ...states.map((state) => ({ ...told, state }))], style, { now });
    expect(lines.join("")).toMatch(/^[\x20-\x7e]*$/);
    expect(lines.map((line) => / ([*+\-ox~]) (?:r|s|b|f)/.exec(line)?.[1]).slice(2)).toEqual([..."*+-o~x"]);
  });

  it("has colours only when they are wanted", () => {
    expect(renderAgents([exampleAgent], colourful)[1]).toContain("\x1b[32m● running\x1b[0m");
    expect(renderAgents([exampleAgent, told], bare).join("")).not.toContain("\x1b");
  });

  it("lets no escape of an exit reason through", () => {
    const lastExit = { code: 1, signal: null, at: "", reason: "\x1b[2Jgone\x07" };
    expect(renderAgents([{ ...exampleAgent, lastExit }], bare)[1]).toMatch(/ gone$/);
  });

  it("says how to get agents when there are none", () => {
    expect(renderAgents([], bare).join()).toContain("hearth.toml");
  });
});

describe("a table", () => {
  it("cuts wide columns alike", () => {
    const cells = [[{ text: "a".repeat(30) }, { text: "b".repeat(30) }]];
    expect(renderTable(cells, { ...bare, columns: 22 })).toEqual([`${"a".repeat(9)}…  ${"b".repeat(9)}…`]);
  });
});

describe("quantities", () => {
  it.each([
    [0, "0B"],
    [999, "999B"],
    [1_000, "1kB"],
    [48_600_000, "49MB"],
    [999_600_000, "1GB"],
    [1_250_000_000, "1.3GB"],
    [12_000_000_000, "12GB"],
  ])("%i bytes are %s", (bytes, text) => expect(formatBytes(bytes)).toBe(text));

  it.each([
    [0, "0%"],
    [0.34, "0.3%"],
    [9.96, "10%"],
    [399.9, "400%"],
  ])("%d is %s", (percent, text) => expect(formatPercent(percent)).toBe(text));
});

describe("an outcome", () => {
  it("names the reason of a failure", () => {
    expect(renderOutcomes([{ ...long, agent: "gateway", state: "failed" }])).toEqual([
      "gateway is failed: the command `x` was not found in /usr/local/bin",
    ]);
  });
});

describe("the daemon", () => {
  it.each([80, 20])("is one line of at most %i columns above its agents", (columns) => {
    const [line = ""] = renderDaemonLine(exampleDaemon, { ...bare, columns });
    expect(line).toMatch(/^daemon running/);
    expect(line.length).toBeLessThanOrEqual(columns);
  });

  it("warns of a degraded health and of a newer program", () => {
    const health = { status: "degraded" as const, reasons: ["the disk is full"] };
    const lines = renderDaemonLine({ ...exampleDaemon, health, executableIsNewer: true }, bare);
    expect(lines.slice(1)).toEqual([
      "degraded: the disk is full",
      "hearthd on disk is newer than the daemon: run `hearth daemon restart`",
    ]);
  });

  it("that is stopped has no pid to show", () => {
    const report = { status: "stopped" as const, pid: null, socketPath: null, descriptorPath: "/h/daemon.json" };
    expect(renderDaemon(report, bare)).toEqual(["daemon      stopped", "descriptor  /h/daemon.json"]);
  });
});

describe("text", () => {
  it.each([
    ["\x1b]0;title\x07text", "text"],
    ["\x1b]8;;http://x\x1b\\link\x1b]8;;\x1b\\", "link"],
    ["\x1b[2J\x1b[Htext", "text"],
    ["\x1b[31mred\x1b[0m", "red"],
    ["\x9b31mred\x9d0;x\x9c", "red"],
    ["a\x1bcb", "ab"],
    ["over\rwritten\b", "overwritten"],
    ["\u202eback", "back"],
    ["unfinished\x1b]0;title", "unfinished"],
    ["\x1b[", ""],
    ["tab\there", "tab\there"],
    ["día 🔥", "día 🔥"],
  ])("%j is plainly %j", (text, expected) => expect(plain(text)).toBe(expected));

  it("keeps colours and ends them, when they are wanted", () => {
    expect(plainWithColours("\x1b[1;31mred\x1b[2J")).toBe("\x1b[1;31mred\x1b[0m");
    expect(plainWithColours("\x1b[31\x1b[2Km")).toBe("m");
  });
});

describe("lines of logs", () => {
  it("keep colours on a terminal only", () => {
    expect(renderLogLines(["\x1b[32mok"], colourful)).toEqual(["\x1b[32mok\x1b[0m"]);
    expect(renderLogLines(["\x1b[32mok"], bare, { prefix: "db" })).toEqual(["db | ok"]);
  });

  it("of the daemon are made readable, and left as they are when they are no JSON", () => {
    const entry = JSON.stringify({
      at: "2026-03-01T08:00:00.000Z",
      level: "warn",
      message: "oops",
      pid: 7,
      error: "x\x1b[2J",
    });
    expect(renderDaemonLogLines([entry, '{"at": "2026'], bare)).toEqual([
      "2026-03-01T08:00:00.000Z warn  oops pid=7 error=x",
      '{"at": "2026',
    ]);
  });
});

describe("durations", () => {
  it.each([
    [0, "0s"],
    [999, "0s"],
    [61_000, "1m 1s"],
    [3_600_000, "1h"],
    [90_061_000, "1d 1h"],
  ])("%i ms is %s", (ms, text) => expect(formatDuration(ms)).toBe(text));
});
