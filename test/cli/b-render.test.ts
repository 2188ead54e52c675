import { describe, expect, it } from "vitest";
import { exampleAgent, exampleDaemon, exampleRequest } from "../../protocol/examples.js";
import { renderAgent, renderAgentPage } from "../../src/cli/render/agent-page.js";
import { renderAgents } from "../../src/cli/render/agents.js";
import { renderDaemon } from "../../src/cli/render/daemon.js";
import { renderEvent } from "../../src/cli/render/events.js";
import { renderRequest, renderRequests } from "../../src/cli/render/requests.js";
import { widthOf } from "../../src/cli/render/width.js";

const bare = { columns: 80, isColourful: false };
const now = Date.parse("2026-03-01T08:01:12.000Z");
const at = "2026-03-01T08:01:00.000Z";
const pending = { ...exampleRequest, state: "accepted" as const, incarnation: { before: null, after: null } };
const failed = {
  ...pending,
  id: "8d09c691-afa4-407f-9475-00af30208c6b",
  agent: "gastown/a-team-with-a-long-name/a-witness",
  state: "failed" as const,
  error: { kind: "not-possible", message: "the agent is in a crash loop or cannot be started; reset it first" },
};

function widest(lines: readonly string[]): number {
  return Math.max(...lines.map((line) => [...line].length));
}

describe("a request", () => {
  it("tells its state, and what came of it", () => {
    expect(renderRequest(pending)).toBe("mayor: cycle is accepted (request r-4)");
    expect(renderRequest(exampleRequest)).toBe("mayor: cycle is done, incarnation 4 to 5 (request r-4)");
    expect(renderRequest({ ...failed, id: "r-5", agent: "mayor" })).toBe(
      "mayor: cycle failed: the agent is in a crash loop or cannot be started; reset it first (request r-5)",
    );
  });

  it("lets no escape through", () => {
    const error = { kind: "x", message: "\x1b[2Jgone\x07" };
    expect(renderRequest({ ...failed, error })).toContain("failed: gone (");
  });
});

describe("the table of requests", () => {
  it("shows who asked whom for what, when and why", () => {
    expect(renderRequests([exampleRequest], bare, { now })).toEqual([
      "ID   AGENT  ACTION  STATE  FROM   ASKED       REASON",
      "r-4  mayor  cycle   done   mayor  1m 12s ago  context is full",
    ]);
  });

  it("fits 80 columns and keeps why one failed", () => {
    const lines = renderRequests([exampleRequest, failed], bare, { now });
    expect(widest(lines)).toBeLessThanOrEqual(80);
    expect(lines[2]).toContain("the agent");
  });
});

describe("the table of agents", () => {
  it("has no columns that would say nothing", () => {
    expect(renderAgents([exampleAgent], bare, { now })[0]).toBe(
      "AGENT    STATE      PID   UPTIME  RESTARTS  LAST EXIT",
    );
  });

  it("shows the last beat and the kind of session once there are any", () => {
    const clerk = { ...exampleAgent, agent: "clerk", session: "tmux" as const, lastBeat: at };
    const lines = renderAgents([exampleAgent, clerk], bare, { now });
    expect(lines[0]).toMatch(/ BEAT +SESSION$/);
    expect(lines[1]).toMatch(/ 1 +SIGKILL +- +process$/);
    expect(lines[2]).toMatch(/ 1 +SIGKILL +12s +tmux$/);
    expect(widest(lines)).toBeLessThanOrEqual(80);
  });
});

describe("the page of an agent", () => {
  it("tells the last beat and what became of the last poke", () => {
    const lastPoke = { at, delivered: false, via: "rpc" };
    const page = renderAgent({ ...exampleAgent, lastBeat: at, lastPoke }, bare, { now });
    expect(page).toContain("last beat  12s ago");
    expect(page).toContain("last poke  not delivered via rpc, 12s ago");
    expect(page).toContain("session    process, incarnation 4");
  });

  it("quotes arguments that would be read as two, and lets no escape through", () => {
    const page = renderAgent({ ...exampleAgent, command: ["sh", "-c", "a b\x1b[2J"] }, bare, { now });
    expect(page).toContain('command    sh -c "a b\\u001b[2J"');
  });

  it.each([
    [{ state: "backoff", backoffUntil: "2026-03-01T08:01:24.000Z" }, "in 12s"],
    [{ state: "failed" }, "none; mend it, then run `hearth start gateway --reset`"],
    [{ state: "stopped" }, "none; run `hearth start gateway`"],
    [{ state: "starting", waitingFor: ["db", "web"] }, "as soon as db and web are ready"],
    [{ state: "starting", waitingFor: ["db"] }, "as soon as db is ready"],
  ] as const)("tells of %j when it is tried again", (status, when) => {
    const { waitingFor = [], ...rest } = { waitingFor: undefined, ...status };
    const page = renderAgent({ ...exampleAgent, ...rest, waitingFor: [...waitingFor] }, bare, { now });
    expect(page).toContain(`next try   ${when}`);
  });

  it.each([
    [{}, "restarted on failure, at most 3 times within 5m, after 20ms to 1m"],
    [{ policy: "always", backoffMs: 60_000 }, "restarted after every end, at most 3 times within 5m, after 1m"],
    [{ maxAttempts: 1 }, "restarted on failure, at most once within 5m, after 20ms to 1m"],
    [{ policy: "never" }, "never restarted"],
  ] as const)("says what the restart policy %j comes to", (policy, words) => {
    const usual = {
      policy: "on-failure",
      maxAttempts: 3,
      windowMs: 300_000,
      backoffMs: 20,
      backoffMaxMs: 60_000,
    } as const;
    const restartPolicy = { ...usual, jitter: 0.1, ...policy };
    expect(renderAgent({ ...exampleAgent, restartPolicy }, bare, { now })).toContain(`policy     ${words}`);
  });

  it("tells what the session uses, as far as it is known", () => {
    const usage = { cpuPercent: 12.34, memoryBytes: 48_000_000, processes: 2 };
    const usesOf = (told: typeof usage | { cpuPercent: null; memoryBytes: null; processes: 1 }) =>
      renderAgent({ ...exampleAgent, usage: told }, bare, { now }).find((line) => line.startsWith("uses"));
    expect(usesOf(usage)).toBe("uses       CPU 12%, memory 48MB, 2 processes");
    expect(usesOf({ cpuPercent: null, memoryBytes: null, processes: 1 })).toBe("uses       1 process");
  });

  it("shows requests, events and output below, each line cut to the terminal, and no escape but colours", () => {
    const around = {
      requests: [exampleRequest],
      events: [{ seq: 1, at, type: "agent.exited", agent: "gateway", data: { reason: "x\x1b[2J".repeat(40) } }],
      log: ["\x1b[31mred\x1b[0m\x1b[2J 漢字".repeat(20)],
    };
    const [style, plainly] = [{ ...bare, isColourful: true }, bare].map((each) =>
      renderAgentPage(exampleAgent, around, each, { now }),
    );
    expect(plainly?.filter((line) => /^[A-Z][a-z]+$/.test(line))).toEqual(["Requests", "Events", "Output"]);
    expect(plainly?.join("\n")).not.toContain("\x1b");
    expect(style?.join("\n")).not.toContain("\x1b[2J");
    expect(style?.at(-1)?.startsWith("\x1b[31mred")).toBe(true);
    for (const line of [...(plainly ?? []), ...(style ?? [])]) expect(widthOf(line)).toBeLessThanOrEqual(80);
  });

  it("leaves out what there is nothing of", () => {
    const page = renderAgentPage(exampleAgent, { requests: [], events: [], log: [] }, bare, { now });
    expect(page).toEqual(renderAgent(exampleAgent, bare, { now }));
  });
});

describe("the daemon", () => {
  it("tells how many pokes were scheduled", () => {
    const heartbeat = { intervalMs: 60_000, count: 7, lastAt: at };
    const report = { status: "running" as const, descriptorPath: "/h/daemon.json", ...exampleDaemon, heartbeat };
    expect(renderDaemon(report, bare)).toContain(`pokes        7 scheduled, the last at ${at}`);
  });
});

describe("an event", () => {
  it("is one line, with what applies", () => {
    const data = { incarnation: 4, code: 3, signal: null, reason: "exited with code 3" };
    expect(renderEvent({ seq: 1, at, type: "agent.exited", agent: "mayor", data })).toBe(
      `${at} agent.exited       mayor incarnation=4 code=3 reason="exited with code 3"`,
    );
    expect(renderEvent({ seq: 2, at, type: "daemon.recovered", data: {} })).toBe(`${at} daemon.recovered   -`);
  });

  it("lets nothing through that a beat might play on the terminal", () => {
    const data = { incarnation: 1, note: "a\x1b]0;title\x07\nb", status: "\x1b[2J" };
    expect(renderEvent({ seq: 1, at, type: "beat", agent: "mayor", data })).not.toMatch(/\p{Cc}/u);
  });
});
