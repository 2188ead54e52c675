import { describe, expect, it } from "vitest";
import { exampleAgent, exampleDaemon } from "../../protocol/examples.js";
import { renderAgents, renderOutcomes } from "../../src/cli/render/agents.js";
import { renderDaemon, renderDaemonLine } from "../../src/cli/render/daemon.js";
import { formatDuration } from "../../src/cli/render/duration.js";
import { renderDaemonLogLines, renderLogLines } from "../../src/cli/render/logs.js";
import { renderTable } from "../../src/cli/render/table.js";
import { plain, plainWithColours } from "../../src/cli/render/text.js";

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

function widest(lines: readonly string[]): number {
  return Math.max(...lines.map((line) => [...line].length));
}

describe("the table of agents", () => {
  it("shows state, pid, uptime, restarts and last exit", () => {
    expect(renderAgents([exampleAgent], bare)).toEqual([
      "AGENT    STATE    PID   UPTIME  RESTARTS  LAST EXIT",
      "gateway  running  4242  1m 1s   1         killed by SIGKILL",
    ]);
  });

  it.each([80, 40, 20, 7, 1])("is never wider than %i columns", (columns) => {
    expect(widest(renderAgents([exampleAgent, long], { ...bare, columns }))).toBeLessThanOrEqual(columns);
  });

  it("keeps agent and state longest", () => {
    expect(renderAgents([long], { ...bare, columns: 20 })).toEqual(["AGENT       STATE", "gastown/a…  running"]);
  });

  it("tells an agent that is not ready, and what it waits for", () => {
    expect(renderAgents([{ ...exampleAgent, ready: false }], bare)[1]).toContain("running, not ready");
    const waiting = { ...exampleAgent, state: "starting" as const, waitingFor: ["db"] };
    expect(renderAgents([waiting], bare)[1]).toContain("waiting for db");
  });

  it("has colours only when they are wanted", () => {
    expect(renderAgents([exampleAgent], colourful)[1]).toContain("\x1b[32mrunning\x1b[0m");
    expect(renderAgents([exampleAgent], bare).join("")).not.toContain("\x1b");
  });

  it("lets no escape of an exit reason through", () => {
    const lastExit = { code: 1, signal: null, at: "", reason: "\x1b[2Jgone\x07" };
    expect(renderAgents([{ ...exampleAgent, lastExit }], bare)[1]).toMatch(/gone$/);
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
