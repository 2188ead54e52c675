// A machine on which all is well, to be changed by what a test is about.
import { exampleAgent, exampleDaemon } from "../../../protocol/examples.js";
import { PROTOCOL_VERSION } from "../../../protocol/version.js";
import type { ConfigurationFacts } from "../../../src/cli/doctor/configuration.js";
import type { DaemonFacts } from "../../../src/cli/doctor/daemon.js";
import type { HomeFacts } from "../../../src/cli/doctor/home.js";
import type { LoginFacts } from "../../../src/cli/doctor/login.js";
import type { MachineFacts } from "../../../src/cli/doctor/machine.js";

export const HOME = "/home/ada/.hearth";
export const NOW = Date.parse("2026-03-01T08:00:00Z");

export const MACHINE: MachineFacts = {
  node: { version: "20.19.0", path: "/usr/bin/node" },
  nodeOptions: null,
  extraCaCerts: null,
  hasProc: true,
  tmux: { found: "version", version: "tmux 3.3a" },
  openFiles: { limit: 65_536, used: 30 },
  fileWatches: { refusal: null, maxWatches: 65_536, maxInstances: 128 },
  now: NOW,
};

export const HOME_FACTS: HomeFacts = {
  home: HOME,
  origin: "user",
  exists: true,
  refusal: null,
  parents: null,
  entries: [
    { path: `${HOME}/daemon.json`, kind: "descriptor", uid: 1000, mode: 0o100600, writtenAt: NOW - 1_000 },
    { path: `${HOME}/daemon.sock`, kind: "socket", uid: 1000, mode: 0o140600, writtenAt: NOW - 1_000 },
    { path: `${HOME}/journal.ndjson`, kind: "file", uid: 1000, mode: 0o100600, writtenAt: NOW - 1_000 },
    { path: `${HOME}/logs`, kind: "directory", uid: 1000, mode: 0o040700, writtenAt: NOW - 1_000 },
  ],
  user: 1000,
  volumes: [{ holds: HOME, freeBytes: 80e9, freeFiles: 1e6 }],
};

export const CONFIGURATION: ConfigurationFacts = {
  file: "/home/ada/hearth.toml",
  check: {
    outcome: "checked",
    report: { ok: true, file: "/home/ada/hearth.toml", starts: true, sessions: ["process"], problems: [] },
  },
};

export const DESCRIPTOR = {
  version: 1,
  pid: exampleDaemon.pid,
  processStart: { start: "1", boot: "b", init: "1" },
  instanceId: exampleDaemon.instanceId,
  socketPath: `${HOME}/daemon.sock`,
  token: "t",
  daemonVersion: exampleDaemon.daemonVersion,
  protocolVersion: PROTOCOL_VERSION,
  startedAt: exampleDaemon.startedAt,
  logFile: `${HOME}/logs/daemon.log`,
};

export const RUNNING = {
  state: "running",
  descriptor: DESCRIPTOR,
  socketPath: DESCRIPTOR.socketPath,
  status: { ...exampleDaemon, home: HOME, executableIsNewer: false, health: { status: "ok", reasons: [] as string[] } },
  why: null,
} as const;

export const LOCK = {
  state: "named",
  path: `${HOME}/run/lock.7`,
  pid: DESCRIPTOR.pid,
  instanceId: DESCRIPTOR.instanceId,
  socketPath: `${HOME}/run/s.1.sock`,
  life: "alive",
} as const;

export const DAEMON: DaemonFacts = {
  descriptorPath: `${HOME}/daemon.json`,
  found: RUNNING,
  socket: { path: DESCRIPTOR.socketPath, maxBytes: null, kind: "socket", answers: null },
  lock: LOCK,
  leftovers: [],
  survivors: [{ agent: "gateway", pid: 4300 }],
  agents: [{ ...exampleAgent, state: "running", session: "process" }],
  home: HOME,
  isInSession: false,
};

export const LOGIN: LoginFacts = {
  isSystemd: true,
  services: [{ unit: "hearth.service", isForThisHome: true, state: { active: "active", enabled: "enabled" } }],
  lingers: true,
  killsAtLogout: false,
  controlGroup: "/user.slice/user-1000.slice/user@1000.service/app.slice/hearth.service",
};

/** Without a daemon, as after `hearth daemon stop`. */
export const STOPPED: DaemonFacts = {
  ...DAEMON,
  found: { state: "stopped" },
  socket: { ...DAEMON.socket, kind: "none" },
  lock: { state: "none" },
  survivors: [],
  agents: null,
};
