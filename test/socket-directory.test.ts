// The daemon's sockets always lie at paths that fit, and always at the same ones for one home.

import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { socketPathFits } from "../src/paths.js";
import {
  CANDIDATE_ID_LENGTH,
  candidateSocket,
  type SocketSurroundings,
  socketDirectory,
} from "../src/socket-directory.js";

const LINUX: SocketSurroundings = { platform: "linux", uid: 1000, env: {}, isDirectory: () => true };
const ID = "0123456789abcdef";
const LONG_HOME = `/home/me/${"x".repeat(100)}`;

describe("sockets live", () => {
  test("in the home when its path is short", () => {
    const directory = socketDirectory("/home/me/.hearth", LINUX);
    expect(directory).toEqual({
      socket: "/home/me/.hearth/daemon.sock",
      candidates: "/home/me/.hearth/run",
      runtimeDirectory: null,
    });
    expect(candidateSocket(directory, ID)).toBe("/home/me/.hearth/run/s.0123456789abcdef.sock");
  });

  test("in /tmp, under the user's number, when the home's path is long", () => {
    const { socket, candidates, runtimeDirectory } = socketDirectory(LONG_HOME, LINUX);
    expect(runtimeDirectory).toMatch(/^\/tmp\/hearth-1000-[0-9a-f]{16}$/);
    expect(candidates).toBe(runtimeDirectory);
    expect(socket).toBe(`${runtimeDirectory}/daemon.sock`);
  });

  test("in XDG_RUNTIME_DIR rather than in /tmp", () => {
    const env = { XDG_RUNTIME_DIR: "/run/user/1000" };
    const { runtimeDirectory } = socketDirectory(LONG_HOME, { ...LINUX, env });
    expect(runtimeDirectory).toMatch(/^\/run\/user\/1000\/hearth-[0-9a-f]{16}$/);
  });

  test.each([
    ["is gone", "/run/user/1000", false],
    ["is relative", "run", true],
    ["is itself too long", `/${"y".repeat(80)}`, true],
    ["is empty", "", true],
  ])("in /tmp when XDG_RUNTIME_DIR %s", (_, directory, exists) => {
    const surroundings = { ...LINUX, env: { XDG_RUNTIME_DIR: directory }, isDirectory: () => exists };
    expect(socketDirectory(LONG_HOME, surroundings).runtimeDirectory).toMatch(/^\/tmp\//);
  });

  test("apart for different homes", () => {
    const other = socketDirectory(`${LONG_HOME}y`, LINUX);
    expect(other.runtimeDirectory).not.toBe(socketDirectory(LONG_HOME, LINUX).runtimeDirectory);
  });
});

test("every socket of every home fits", () => {
  const segment = fc.string({ unit: "grapheme", minLength: 1, maxLength: 40 }).filter((text) => !/[/\0]/.test(text));
  const home = fc.array(segment, { minLength: 1, maxLength: 6 }).map((segments) => `/${segments.join("/")}`);
  const platform = fc.constantFrom("linux" as const, "darwin" as const);
  fc.assert(
    fc.property(home, platform, fc.integer({ min: 0, max: 2 ** 32 - 1 }), (path, on, uid) => {
      const directory = socketDirectory(path, { ...LINUX, platform: on, uid });
      expect(socketPathFits(directory.socket, on)).toBe(true);
      expect(socketPathFits(candidateSocket(directory, "f".repeat(CANDIDATE_ID_LENGTH)), on)).toBe(true);
    }),
  );
});
