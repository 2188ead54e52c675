// A definition means the same whether it came from hearth.toml or from agent.add.

import { describe, expect, test } from "vitest";
import { flawInStdinText } from "../../protocol/poke-text.js";
import { DEFAULT_MESSAGE } from "../../src/config/heartbeat.js";
import { resolveAgent } from "../../src/config/resolve.js";

const place = { directory: "/p", heartbeatIntervalMs: 60_000 };

describe("each condition for being ready", () => {
  test.each([
    [{ output: "listening on" }, { kind: "output", text: "listening on" }],
    [{ tcp: "[::1]:80" }, { kind: "tcp", host: "::1", port: 80 }],
    [{ http: "http://localhost/x" }, { kind: "http", url: "http://localhost/x" }],
    [{ command: "curl -f 'a b'" }, { kind: "command", argv: ["curl", "-f", "a b"] }],
    [{ command: ["true"] }, { kind: "command", argv: ["true"] }],
    [{ delay: "1.5s" }, { kind: "delay", delayMs: 1_500 }],
    [{ notify: true as const }, { kind: "notify" }],
  ])("%j", (ready, condition) => {
    expect(resolveAgent("a", { command: "x", ready }, place).ready).toEqual({ condition, timeoutMs: 30_000 });
  });
});

test("a delay over the default timeout raises the timeout", () => {
  const { ready } = resolveAgent("a", { command: "x", ready: { delay: "1m" } }, place);
  expect(ready).toEqual({ condition: { kind: "delay", delayMs: 60_000 }, timeoutMs: 120_000 });
});

test("a first delay over the default bound raises the bound", () => {
  const { restart } = resolveAgent("a", { command: "x", restart: { backoff: "5m" } }, place);
  expect(restart).toMatchObject({ backoffMs: 300_000, backoffMaxMs: 300_000 });
});

test("a bound under the default first delay shortens the delay", () => {
  const { restart } = resolveAgent("a", { command: "x", restart: { backoff_max: "200ms" } }, place);
  expect(restart).toMatchObject({ backoffMs: 200, backoffMaxMs: 200 });
});

describe("each way of a poke", () => {
  test.each([
    ["none", { kind: "none" }],
    ["session", { kind: "session" }],
    ["rpc", { kind: "rpc" }],
    ["signal:SIGUSR2", { kind: "signal", signal: "SIGUSR2" }],
    ["command:./poke.sh 'a b' c", { kind: "command", argv: ["./poke.sh", "a b", "c"] }],
  ])("%s", (poke, route) => {
    expect(resolveAgent("a", { command: "x", heartbeat: { poke } }, place).heartbeat.poke).toEqual(route);
  });
});

test("an interval of its own goes before the daemon's", () => {
  const surroundings = { ...place, heartbeatIntervalMs: 5_000 };
  const interval = (heartbeat: { interval?: string }) =>
    resolveAgent("a", { command: "x", heartbeat }, surroundings).heartbeat.intervalMs;
  expect(interval({})).toBe(5_000);
  expect(interval({ interval: "250ms" })).toBe(250);
});

test("the message that is sent by default can go every way", () => {
  expect(flawInStdinText(DEFAULT_MESSAGE)).toBeNull();
});

describe("a message of two lines", () => {
  const withMessage = (poke: string, session: "process" | "tmux") =>
    resolveAgent("a", { command: "x", session, heartbeat: { poke, message: "a\nb" } }, place);

  test("cannot be poked into a process", () => {
    expect(() => withMessage("session", "process")).toThrow(
      expect.objectContaining({ message: expect.stringMatching(/^heartbeat\.message: must not contain a newline/) }),
    );
  });

  test.each([
    ["session", "tmux"],
    ["rpc", "process"],
    ["command:x", "process"],
    ["none", "process"],
  ] as const)("can go by %s to a session of the kind %s", (poke, session) => {
    expect(withMessage(poke, session).heartbeat.message).toBe("a\nb");
  });
});

test("paths that are absolute stay", () => {
  const spec = resolveAgent("a", { command: "x", cwd: "/w", env_file: "/e/.env", stderr: "/l/a.err" }, place);
  expect(spec).toMatchObject({ cwd: "/w", envFile: "/e/.env", stderr: { kind: "path", path: "/l/a.err" } });
});

test.each([
  [undefined, null],
  [true, { kind: "beside-log" }],
  ["logs/a.err", { kind: "path", path: "/p/logs/a.err" }],
] as const)("stderr = %j is kept apart in %j", (stderr, resolved) => {
  expect(resolveAgent("a", { command: "x", ...(stderr && { stderr }) }, place).stderr).toEqual(resolved);
});

test("a terminal's stderr cannot be kept apart", () => {
  expect(() => resolveAgent("a", { command: "x", session: "tmux", stderr: true }, place)).toThrow(
    /^stderr: a terminal shows stdout and stderr as one/,
  );
});

test("everything that is wrong is told at once, without a file", () => {
  const heartbeat = { poke: "command:a | b" };
  const definition = { command: "a > b", ready: { command: "'" }, heartbeat, on_exit: "a; b", on_failed: [""] };
  expect(() => resolveAgent("a", definition, place)).toThrow(
    expect.objectContaining({
      name: "ConfigError",
      message: expect.stringMatching(
        /^command: .*\nready\.command: .*\nheartbeat\.poke: .*\non_exit: .*\non_failed: .*$/,
      ),
      problems: [
        expect.objectContaining({ file: null, line: null, key: "command" }),
        expect.objectContaining({ file: null, line: null, key: "ready.command" }),
        expect.objectContaining({ file: null, line: null, key: "heartbeat.poke" }),
        expect.objectContaining({ file: null, line: null, key: "on_exit" }),
        expect.objectContaining({ file: null, line: null, key: "on_failed" }),
      ],
    }),
  );
});
