// Where the home and its files are, for every way of naming them.

import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import {
  assertSocketPathFits,
  configFile,
  type HomeSearch,
  homeFiles,
  locateHome,
  PathError,
  socketPathFits,
} from "../src/paths.js";

const NOWHERE: HomeSearch = { env: {}, cwd: "/work/app/src", userHome: "/home/me", isThere: () => false };

function only(path: string): (candidate: string) => boolean {
  return (candidate) => candidate === path;
}

describe("the home is found", () => {
  test("by --home before everything else, relative to the current directory", () => {
    const search = { ...NOWHERE, home: "../h", env: { HEARTH_HOME: "/env" }, isThere: () => true };
    expect(locateHome(search)).toEqual({ home: "/work/app/h", origin: "explicit" });
  });

  test("by HEARTH_HOME before a project's hearth.toml", () => {
    const search = { ...NOWHERE, env: { HEARTH_HOME: "/env" }, isThere: () => true };
    expect(locateHome(search)).toEqual({ home: "/env", origin: "environment" });
  });

  test("beside the nearest hearth.toml at or above the current directory", () => {
    const nearest = ["/work/app/hearth.toml", "/work/hearth.toml"];
    const search = { ...NOWHERE, isThere: (path: string) => nearest.includes(path) };
    expect(locateHome(search)).toEqual({ home: "/work/app/.hearth", origin: "project" });
  });

  test("beside a hearth.toml in the root directory", () => {
    expect(locateHome({ ...NOWHERE, isThere: only("/hearth.toml") }).home).toBe("/.hearth");
  });

  test("as the directory itself when it is a .hearth with a hearth.toml of its own", () => {
    const search = { ...NOWHERE, cwd: "/work/.hearth/logs", isThere: only("/work/.hearth/hearth.toml") };
    expect(locateHome(search)).toEqual({ home: "/work/.hearth", origin: "project" });
  });

  test("without the user's directory as long as something else says where it is, and is refused otherwise", () => {
    const search = { ...NOWHERE, userHome: null };
    expect(locateHome({ ...search, home: "/h" }).home).toBe("/h");
    expect(locateHome({ ...search, isThere: only("/work/hearth.toml") }).home).toBe("/work/.hearth");
    expect(() => locateHome(search)).toThrow(expect.objectContaining({ kind: "no-user-home" }));
  });

  test("in the user's home directory when nothing else is said, an empty HEARTH_HOME included", () => {
    const search = { ...NOWHERE, env: { HEARTH_HOME: "" } };
    expect(locateHome(search)).toEqual({ home: "/home/me/.hearth", origin: "user" });
  });

  test("never by an empty --home", () => {
    expect(() => locateHome({ ...NOWHERE, home: "" })).toThrow(expect.objectContaining({ kind: "empty-home" }));
  });
});

describe("on a real file system", () => {
  let directory: string;
  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), "hearth-paths-"));
  });
  afterEach(() => rmSync(directory, { recursive: true }));

  test("a hearth.toml that is no file is found all the same, to be refused by whoever reads it", () => {
    mkdirSync(join(directory, "hearth.toml"));
    const home = join(directory, ".hearth");
    expect(locateHome({ env: {}, cwd: directory, userHome: "/home/me" }).home).toBe(home);
    expect(configFile(home)).toBe(join(directory, "hearth.toml"));
  });

  test("a hearth.toml in the home is preferred to the one beside it", () => {
    const home = join(directory, ".hearth");
    mkdirSync(home);
    writeFileSync(join(directory, "hearth.toml"), "");
    expect(configFile(home)).toBe(join(directory, "hearth.toml"));
    writeFileSync(join(home, "hearth.toml"), "");
    expect(configFile(home)).toBe(join(home, "hearth.toml"));
  });

  test("a hearth.toml beside a home of another name is not its configuration", () => {
    writeFileSync(join(directory, "hearth.toml"), "");
    expect(configFile(join(directory, "home"))).toBeNull();
  });

  test("what lies behind a file instead of a directory is no configuration", () => {
    writeFileSync(join(directory, "file"), "");
    expect(configFile(join(directory, "file"))).toBeNull();
  });
});

describe("the files of a home", () => {
  test("lie where the documentation says", () => {
    expect(homeFiles("/h")).toEqual({
      home: "/h",
      descriptor: "/h/daemon.json",
      socket: "/h/daemon.sock",
      state: "/h/state.json",
      journal: "/h/journal.ndjson",
      logs: "/h/logs",
      daemonLog: "/h/logs/daemon.log",
      agentLogs: "/h/logs/agents",
      run: "/h/run",
      started: "/h/run/started",
      stdin: "/h/run/stdin",
      handoffs: "/h/handoffs",
      environments: "/h/environments",
    });
  });
});

describe("a socket path", () => {
  test.each([
    ["linux", 107],
    ["darwin", 103],
  ] as const)("on %s has at most %d bytes", (platform, maxBytes) => {
    expect(socketPathFits("x".repeat(maxBytes), platform)).toBe(true);
    expect(socketPathFits("x".repeat(maxBytes + 1), platform)).toBe(false);
  });

  test("is measured in bytes, not in characters", () => {
    expect(socketPathFits("é".repeat(54), "linux")).toBe(false);
  });

  test("of 200 characters is refused by name and length", () => {
    const path = `/${"x".repeat(199)}`;
    expect(() => assertSocketPathFits(path, "linux")).toThrow(PathError);
    expect(() => assertSocketPathFits(path, "linux")).toThrow(/200 bytes long, the system allows 107.*x{199}/);
  });
});

test("on Windows the user's own home lies among what programs keep on this machine", () => {
  const search = { cwd: "/", userHome: "/home/ada", isThere: () => false, platform: "win32" } as const;
  const { home } = locateHome({ ...search, env: { LOCALAPPDATA: "C:\\Users\\ada\\AppData\\Local" } });
  expect(home).toBe(join("C:\\Users\\ada\\AppData\\Local", "Hearth"));
});
