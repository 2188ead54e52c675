import { chmodSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeEach, describe, expect, it } from "vitest";
import { type Descriptor, formatDescriptor } from "../../protocol/descriptor.js";
import { type DiscoverOptions, discover, readDescriptor, resolveEndpoint } from "../../src/client/discover.js";
import { newHome } from "../support/daemon.js";

const DESCRIPTOR: Descriptor = {
  version: 1,
  pid: 4_200,
  processStart: { start: "1", boot: "b", init: "2" },
  instanceId: "i",
  socketPath: "/run/hearth.sock",
  token: "operator",
  daemonVersion: "0.1.0",
  protocolVersion: 1,
  startedAt: "2026-03-01T08:00:00.000Z",
  logFile: "/log",
};

let home: string;

beforeEach(() => {
  home = newHome();
});

function describeDaemon(text = formatDescriptor(DESCRIPTOR), file = join(home, "daemon.json")): void {
  writeFileSync(file, text);
}

function endpoint(options: DiscoverOptions) {
  return resolveEndpoint(discover({ env: {}, cwd: "/", ...options }));
}

describe("the endpoint", () => {
  it("is what the home's descriptor says", () => {
    describeDaemon();
    expect(endpoint({ home })).toEqual({ socketPath: "/run/hearth.sock", token: "operator" });
    expect(endpoint({ env: { HEARTH_HOME: home } })).toEqual({ socketPath: "/run/hearth.sock", token: "operator" });
  });

  it("may be named piece by piece", () => {
    describeDaemon(formatDescriptor(DESCRIPTOR), join(home, "other.json"));
    const named = { descriptor: join(home, "other.json"), socket: "/other.sock" };
    expect(endpoint(named)).toEqual({ socketPath: "/other.sock", token: "operator" });
  });

  it("needs no descriptor inside a session", () => {
    const env = { HEARTH_HOME: home, HEARTH_SOCKET: "/s.sock", HEARTH_TOKEN: "agent" };
    expect(endpoint({ env })).toEqual({ socketPath: "/s.sock", token: "agent" });
  });

  it("never has the descriptor's token inside a session, whatever else is named", () => {
    describeDaemon();
    const env = { HEARTH_SOCKET: "/s.sock", HEARTH_TOKEN: "agent" };
    expect(endpoint({ home, env })).toEqual({ socketPath: "/run/hearth.sock", token: "agent" });
    expect(endpoint({ descriptor: join(home, "daemon.json"), env }).token).toBe("agent");
  });

  it.each([
    ["", "the file is empty"],
    [formatDescriptor(DESCRIPTOR).slice(0, 50), "ends in the middle"],
    ["[]", "not an object"],
    [JSON.stringify({ ...DESCRIPTOR, pid: "4200" }), '"pid"'],
  ])("is offline with a descriptor that is broken: %j", (text, why) => {
    describeDaemon(text);
    const broken = () => endpoint({ home });
    expect(broken).toThrow(why);
    expect(broken).toThrow(expect.objectContaining({ kind: "offline" }));
  });

  it("is offline without a descriptor", () => {
    expect(() => endpoint({ home })).toThrow(expect.objectContaining({ kind: "offline" }));
    expect(() => endpoint({ home: join(home, "absent") })).toThrow(expect.objectContaining({ kind: "offline" }));
  });

  it("asks for an upgrade when the descriptor is newer", () => {
    describeDaemon(JSON.stringify({ ...DESCRIPTOR, version: 99 }));
    const newer = expect.objectContaining({ kind: "descriptor-newer", hint: expect.stringContaining("upgrade") });
    expect(() => endpoint({ home })).toThrow(newer);
  });
});

describe("trust", () => {
  it("refuses a home that others can write", () => {
    describeDaemon();
    chmodSync(home, 0o777);
    expect(() => discover({ home, env: {} })).toThrow(expect.objectContaining({ kind: "writable-by-others" }));
    chmodSync(home, 0o700);
  });

  it("refuses a hearth.toml that was found below a directory that others can write", () => {
    const open = join(home, "open");
    mkdirSync(join(open, "project"), { recursive: true });
    writeFileSync(join(open, "project", "hearth.toml"), "");
    chmodSync(open, 0o777);
    const found = () => discover({ env: {}, cwd: join(open, "project") });
    expect(found).toThrow(
      expect.objectContaining({ kind: "writable-by-others", path: expect.stringContaining("open") }),
    );
  });

  it("refuses a descriptor that cannot be read as one", () => {
    mkdirSync(join(home, "daemon.json"));
    expect(() => readDescriptor(join(home, "daemon.json"))).toThrow(
      expect.objectContaining({ kind: "not-accessible" }),
    );
  });
});
