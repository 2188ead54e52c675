// A definition means the same whether it came from hearth.toml or from agent.add.

import { describe, expect, test } from "vitest";
import { resolveAgent } from "../../src/config/resolve.js";

const place = { directory: "/p" };

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

test("a first delay over the default bound raises the bound", () => {
  const { restart } = resolveAgent("a", { command: "x", restart: { backoff: "5m" } }, place);
  expect(restart).toMatchObject({ backoffMs: 300_000, backoffMaxMs: 300_000 });
});

test("a bound under the default first delay shortens the delay", () => {
  const { restart } = resolveAgent("a", { command: "x", restart: { backoff_max: "200ms" } }, place);
  expect(restart).toMatchObject({ backoffMs: 200, backoffMaxMs: 200 });
});

test("paths that are absolute stay", () => {
  const spec = resolveAgent("a", { command: "x", cwd: "/w", env_file: "/e/.env" }, place);
  expect(spec).toMatchObject({ cwd: "/w", envFile: "/e/.env" });
});

test("everything that is wrong is told at once, without a file", () => {
  const definition = { command: "a > b", ready: { command: "'" } };
  expect(() => resolveAgent("a", definition, place)).toThrow(
    expect.objectContaining({
      name: "ConfigError",
      message: expect.stringMatching(/^command: .*\nready\.command: .*$/),
      problems: [
        expect.objectContaining({ file: null, line: null, key: "command" }),
        expect.objectContaining({ file: null, line: null, key: "ready.command" }),
      ],
    }),
  );
});
