// What is seen, and what the doctor makes of it: tables of machines that ail in one respect.
import { describe, expect, it } from "vitest";
import { exampleAgent } from "../../../protocol/examples.js";
import { DAEMON_VERSION, PROTOCOL_VERSION } from "../../../protocol/version.js";
import { withPlaces } from "../../../src/cli/doctor/advice.js";
import type { DaemonFacts, Found } from "../../../src/cli/doctor/daemon.js";
import { examine, type Facts, type PlaceFacts } from "../../../src/cli/doctor/examination.js";
import { type CheckName, type Finding, type FindingStatus, GROUPS } from "../../../src/cli/doctor/finding.js";
import type { HomeFacts } from "../../../src/cli/doctor/home.js";
import type { LoginFacts } from "../../../src/cli/doctor/login.js";
import { killsAtLogout } from "../../../src/cli/doctor/logind.js";
import type { MachineFacts } from "../../../src/cli/doctor/machine.js";
import { renderFindings } from "../../../src/cli/render/doctor.js";
import { hearthCommandsIn, objectionTo } from "../../support/commands-in-text.js";
import {
  CONFIGURATION,
  DAEMON,
  DESCRIPTOR,
  HOME,
  HOME_FACTS,
  LOCK,
  LOGIN,
  MACHINE,
  NOW,
  RUNNING,
  STOPPED,
} from "./sound.js";

interface Changes {
  readonly machine?: Partial<MachineFacts>;
  readonly home?: Partial<HomeFacts>;
  readonly configuration?: Partial<PlaceFacts["configuration"]>;
  readonly daemon?: Partial<DaemonFacts>;
  readonly login?: Partial<LoginFacts>;
}

function findings({ machine, home, configuration, daemon, login }: Changes = {}): readonly Finding[] {
  const facts: Facts = {
    machine: { ...MACHINE, ...machine },
    login: { ...LOGIN, ...login },
    place: {
      home: { ...HOME_FACTS, ...home },
      configuration: { ...CONFIGURATION, ...configuration },
      daemon: { ...DAEMON, ...daemon },
    },
  };
  return examine(facts);
}

function stale(why = "process 4200 is no longer there"): Found {
  return { state: "stale", descriptor: DESCRIPTOR, why };
}

function silent(why: string): Found {
  return { state: "unresponsive", descriptor: DESCRIPTOR, why };
}

function status(changes: object): Found {
  return { ...RUNNING, status: { ...RUNNING.status, ...changes } };
}

function entry(changes: Partial<HomeFacts["entries"][number]>): Partial<HomeFacts> {
  const [descriptor] = HOME_FACTS.entries;
  return { entries: descriptor === undefined ? [] : [{ ...descriptor, ...changes }] };
}

const CONFIG_FLAW = {
  file: "/home/ada/hearth.toml",
  line: 3,
  column: 1,
  key: "agents.db.cwd",
  message: "the directory /x does not exist",
  hint: "make it, or correct cwd",
};
const FAILED = { ...exampleAgent, state: "failed" } as const;
const BACKOFF = { ...exampleAgent, agent: "mayor", state: "backoff", backoffUntil: "2026-03-01T08:01:00Z" } as const;
const TMUX_AGENTS = {
  check: {
    outcome: "checked",
    report: { ok: true, file: "/home/ada/hearth.toml", starts: true, sessions: ["tmux"], problems: [] },
  },
} as const;
const UNKNOWN_AGENTS = { check: { outcome: "failed", why: "hearthd did not end within 5 s" } } as const;
const UNIT = { unit: "hearth.service", isForThisHome: true } as const;
const LOGIN_SCOPE = "/user.slice/user-1000.slice/session-2.scope";

/** Each row: what ails, how it is called, how bad it is, and words of what is seen and of the advice. */
const CASES: readonly (readonly [string, Changes, CheckName, FindingStatus, string, string])[] = [
  [
    "an old Node",
    { machine: { node: { version: "20.18.3", path: "/n" } } },
    "node",
    "problem",
    "20.19",
    "daemon restart",
  ],
  [
    "options for Node",
    { machine: { nodeOptions: "--inspect" } },
    "node-options",
    "note",
    "--inspect",
    "unset NODE_OPTIONS",
  ],
  [
    "certificates that are read at each start",
    { machine: { extraCaCerts: { path: "/c.crt", isReadable: true } } },
    "extra-ca-certs",
    "note",
    "/c.crt",
    "unset NODE_EXTRA_CA_CERTS",
  ],
  [
    "certificates that are gone",
    { machine: { extraCaCerts: { path: "/c.crt", isReadable: false } } },
    "extra-ca-certs",
    "note",
    "cannot be read",
    "unset",
  ],
  ["no /proc", { machine: { hasProc: false } }, "proc", "problem", "/proc is not there", "mount -t proc"],
  [
    "no tmux, and nobody who needs it",
    { machine: { tmux: { found: "nothing" } } },
    "tmux",
    "note",
    "no agent needs it",
    "apt install tmux",
  ],
  [
    "no tmux for an agent of hearth.toml",
    { machine: { tmux: { found: "nothing" } }, configuration: TMUX_AGENTS },
    "tmux",
    "problem",
    "an agent needs it",
    "apt install tmux",
  ],
  [
    "no tmux for an agent that was added by hand",
    { machine: { tmux: { found: "nothing" } }, daemon: { agents: [{ ...exampleAgent, session: "tmux" }] } },
    "tmux",
    "problem",
    "an agent needs it",
    "apt",
  ],
  [
    "no tmux, and agents that are not known",
    { machine: { tmux: { found: "nothing" } }, configuration: UNKNOWN_AGENTS },
    "tmux",
    "note",
    "only tmux agents need it",
    "apt",
  ],
  [
    "an old tmux",
    { machine: { tmux: { found: "version", version: "tmux 3.2a" } }, configuration: TMUX_AGENTS },
    "tmux",
    "problem",
    "3.3",
    "apt install tmux",
  ],
  [
    "a tmux that does not run",
    { machine: { tmux: { found: "broken", why: "tmux did not end" } } },
    "tmux",
    "note",
    "did not end",
    "tmux -V",
  ],
  [
    "an agent that asks for tmux on Windows",
    { machine: { tmux: { found: "not-here" } }, configuration: TMUX_AGENTS },
    "tmux",
    "problem",
    "no tmux on Windows",
    "hearth config check",
  ],
  [
    "few open files",
    { machine: { openFiles: { limit: 100, used: null } } },
    "open-files",
    "problem",
    "100 open files",
    "ulimit",
  ],
  [
    "not many open files",
    { machine: { openFiles: { limit: 512, used: null } } },
    "open-files",
    "note",
    "512 open files",
    "ulimit",
  ],
  [
    "a daemon that has used them up",
    { machine: { openFiles: { limit: 2_000, used: 1_990 } } },
    "open-files",
    "problem",
    "1990 of 2000",
    "LimitNOFILE",
  ],
  [
    "no watches left",
    { machine: { fileWatches: { refusal: "ENOSPC", maxWatches: 8192, maxInstances: 128 } } },
    "file-watches",
    "problem",
    "ENOSPC",
    "max_user_watches",
  ],
  [
    "no watchers left",
    { machine: { fileWatches: { refusal: "EMFILE", maxWatches: 8192, maxInstances: 128 } } },
    "file-watches",
    "problem",
    "128 watchers",
    "max_user_instances",
  ],
  ["a clock that was never set", { machine: { now: 0 } }, "clock", "problem", "1970", "timedatectl"],
  [
    "a clock that was set back",
    { machine: { now: NOW - 3_600_000 } },
    "clock",
    "problem",
    "it was set back",
    "timedatectl",
  ],

  [
    "a home that is not there yet",
    { home: { exists: false, entries: [] }, daemon: STOPPED },
    "home",
    "note",
    "does not exist yet",
    "hearth daemon start",
  ],
  [
    "a home that is refused",
    { home: { refusal: { message: "it belongs to user 0", hint: "name another with `--home`" } } },
    "home",
    "problem",
    "user 0",
    "--home",
  ],
  [
    "a parent that others can write",
    { home: { parents: { message: "/home can be written", hint: "run `chmod go-w '/home'`" } } },
    "parents",
    "problem",
    "/home can",
    "chmod",
  ],
  [
    "the same above a home that was named",
    { home: { origin: "explicit", parents: { message: "/home can be written", hint: "run `chmod go-w '/home'`" } } },
    "parents",
    "note",
    "/home can",
    "chmod",
  ],
  [
    "a file of another user's",
    { home: entry({ uid: 0 }) },
    "files",
    "problem",
    "belongs to user 0",
    `sudo chown -R 1000 ${HOME}`,
  ],
  [
    "a descriptor that others can read",
    { home: entry({ mode: 0o100644 }) },
    "files",
    "problem",
    "mode 644",
    "chmod 600",
  ],
  [
    "a file that its owner cannot write",
    { home: entry({ mode: 0o100400 }) },
    "files",
    "problem",
    "even by you",
    "chmod -R u+rwX",
  ],
  [
    "hardly any room",
    { home: { volumes: [{ holds: HOME, freeBytes: 2e6, freeFiles: null }] } },
    "disk-space",
    "problem",
    "2.0 MB",
    "df -h",
  ],
  [
    "little room for the logs",
    { home: { volumes: [...HOME_FACTS.volumes, { holds: "/logs", freeBytes: 5e8, freeFiles: 1e6 }] } },
    "disk-space",
    "note",
    "500 MB free for /logs",
    "df -h /logs",
  ],
  [
    "no inodes",
    { home: { volumes: [{ holds: HOME, freeBytes: 80e9, freeFiles: 3 }] } },
    "inodes",
    "problem",
    "3 files",
    "df -i",
  ],
  [
    "few inodes",
    { home: { volumes: [{ holds: HOME, freeBytes: 80e9, freeFiles: 5_000 }] } },
    "inodes",
    "note",
    "5000 files",
    "df -i",
  ],

  ["no hearth.toml", { configuration: { file: null } }, "configuration", "note", "no hearth.toml", "hearth init"],
  [
    "a flaw in it",
    {
      configuration: {
        check: {
          outcome: "checked",
          report: { ok: false, file: CONFIG_FLAW.file, starts: false, problems: [CONFIG_FLAW] },
        },
      },
    },
    "configuration",
    "problem",
    "hearth.toml:3:1: agents.db.cwd: the directory",
    "make it, or correct cwd, then run `hearth config check`",
  ],
  [
    "a check that does not end",
    { configuration: UNKNOWN_AGENTS },
    "configuration",
    "problem",
    "within 5 s",
    "hearth config check",
  ],

  ["a daemon that was not started", { daemon: STOPPED }, "daemon", "note", "not running", "hearth daemon start"],
  [
    "a daemon that is gone",
    { daemon: { found: stale() } },
    "daemon",
    "problem",
    "no longer there",
    "hearth daemon start",
  ],
  [
    "a daemon that is halted",
    { daemon: { found: silent("its process is halted (SIGSTOP)") } },
    "daemon",
    "problem",
    "SIGSTOP",
    "kill -CONT 4200",
  ],
  [
    "a daemon that is silent",
    { daemon: { found: silent("no answer within 5 s") } },
    "daemon",
    "problem",
    "no answer",
    "hearth daemon stop",
  ],
  [
    "a session that has ended",
    { daemon: { found: { ...RUNNING, status: null, why: "The token is not valid." }, isInSession: true } },
    "daemon",
    "problem",
    "token",
    "unset HEARTH_TOKEN",
  ],
  [
    "a token that is not the daemon's",
    { daemon: { found: { ...RUNNING, status: null, why: "The token is not valid." } } },
    "daemon",
    "problem",
    "token",
    `rm ${HOME}/daemon.json`,
  ],
  [
    "a descriptor that cannot be read",
    { daemon: { found: { state: "unknown", why: "EACCES", hint: "run `chmod u+r x`" } } },
    "descriptor",
    "problem",
    "EACCES",
    "chmod u+r",
  ],
  [
    "half a descriptor",
    { daemon: { found: { ...RUNNING, descriptor: null, status: null, why: "the file ends in the middle" } } },
    "descriptor",
    "problem",
    "in the middle",
    "the daemon writes it anew",
  ],
  [
    "a descriptor of a dead daemon",
    { daemon: { found: stale() } },
    "descriptor",
    "problem",
    "no longer there",
    "hearth daemon stop",
  ],
  [
    "a descriptor of another daemon",
    { daemon: { found: status({ instanceId: "another" }) } },
    "descriptor",
    "problem",
    "another daemon",
    "rm",
  ],
  [
    "a socket of another home",
    { daemon: { found: status({ home: "/elsewhere" }) } },
    "descriptor",
    "problem",
    "serves /elsewhere",
    "--socket",
  ],
  [
    "a path that no socket can have",
    { daemon: { ...STOPPED, socket: { ...DAEMON.socket, maxBytes: 107 } } },
    "socket",
    "note",
    "107 bytes at most",
    "hearth daemon start --socket",
  ],
  [
    "a file in the socket's place",
    { daemon: { socket: { ...DAEMON.socket, kind: "something-else" } } },
    "socket",
    "problem",
    "is no socket",
    "mv",
  ],
  [
    "a socket that was deleted",
    { daemon: { found: silent("nobody listens"), socket: { ...DAEMON.socket, kind: "none" } } },
    "socket",
    "problem",
    "is gone",
    "puts it back",
  ],
  [
    "a daemon without a descriptor",
    { daemon: { ...STOPPED, socket: { ...DAEMON.socket, answers: true } } },
    "socket",
    "problem",
    "no descriptor here",
    "hearth doctor",
  ],
  [
    "a lock that was deleted",
    { daemon: { lock: { state: "none" } } },
    "lock",
    "problem",
    "was deleted",
    "hearth daemon start",
  ],
  [
    "a lock that says nothing",
    { daemon: { ...STOPPED, lock: { state: "unreadable", path: "/l", why: "it names no process" } } },
    "lock",
    "note",
    "names no process",
    "hearth daemon start",
  ],
  [
    "a holder that is not in the descriptor",
    { daemon: { found: { state: "stopped" }, lock: DAEMON.lock } },
    "lock",
    "problem",
    "does not name it",
    "--descriptor",
  ],
  [
    "a halted holder that is not in the descriptor",
    { daemon: { found: stale(), lock: { ...LOCK, instanceId: "b", pid: 9, life: "halted" } } },
    "lock",
    "problem",
    "halted",
    "kill -CONT 9",
  ],
  [
    "leftovers",
    { daemon: { ...STOPPED, leftovers: ["/h/run/s.1.sock", "/h/x"] } },
    "leftovers",
    "note",
    "and 1 more",
    "clears them away",
  ],
  [
    "agents without a daemon",
    {
      daemon: {
        ...STOPPED,
        survivors: [
          { agent: "db", pid: 7 },
          { agent: "db", pid: 8 },
        ],
      },
    },
    "sessions",
    "note",
    "db (pid",
    "hearth daemon start",
  ],
  [
    "another version of the daemon",
    { daemon: { found: { ...RUNNING, descriptor: { ...DESCRIPTOR, daemonVersion: "0.0.9" } } } },
    "version",
    "note",
    "0.0.9",
    "hearth daemon restart",
  ],
  [
    "a program that was replaced",
    { daemon: { found: status({ executableIsNewer: true }) } },
    "version",
    "note",
    "on disk is newer",
    "hearth daemon restart",
  ],
  [
    "a daemon with a newer protocol",
    { daemon: { found: { ...RUNNING, descriptor: { ...DESCRIPTOR, protocolVersion: PROTOCOL_VERSION + 1 } } } },
    "version",
    "problem",
    "newer protocol",
    "npm install --global hearthd",
  ],
  [
    "a daemon with an older protocol",
    { daemon: { found: { ...RUNNING, descriptor: { ...DESCRIPTOR, protocolVersion: PROTOCOL_VERSION - 1 } } } },
    "version",
    "problem",
    "older protocol",
    "hearth daemon restart",
  ],
  [
    "a full disk",
    { daemon: { found: status({ health: { status: "degraded", reasons: ["the home cannot be written to"] } }) } },
    "health",
    "problem",
    "cannot be written",
    "recovers by itself",
  ],
  [
    "a state that was damaged",
    { daemon: { found: status({ health: { status: "degraded", reasons: ["/j is damaged (it is empty)"] } }) } },
    "health",
    "problem",
    "is damaged",
    "hearth daemon logs",
  ],
  [
    "a reason that only a newer daemon knows",
    { daemon: { found: status({ health: { status: "degraded", reasons: ["it is tired"] } }) } },
    "health",
    "problem",
    "tired",
    "hearth daemon logs",
  ],
  [
    "a failed agent",
    { daemon: { agents: [FAILED] } },
    "agents",
    "problem",
    "killed by SIGKILL",
    "hearth start gateway --reset",
  ],
  ["an agent in backoff", { daemon: { agents: [BACKOFF] } }, "agents", "note", "until 2026", "hearth logs mayor"],

  [
    "nothing that starts it",
    { login: { services: [] } },
    "service",
    "note",
    "nothing starts the daemon",
    "hearth service install",
  ],
  [
    "a service of another home",
    { login: { services: [{ ...UNIT, isForThisHome: false, state: null }] } },
    "service",
    "note",
    "for another home",
    "hearth service install",
  ],
  [
    "a service that failed",
    { login: { services: [{ ...UNIT, state: { active: "failed", enabled: "enabled" } }] } },
    "service",
    "problem",
    "is failed",
    "systemctl --user status hearth.service",
  ],
  [
    "a service that is not enabled",
    { login: { services: [{ ...UNIT, state: { active: "active", enabled: "disabled" } }] } },
    "service",
    "note",
    "disabled",
    "systemctl --user enable",
  ],
  [
    "a daemon beside its service",
    { login: { services: [{ ...UNIT, state: { active: "inactive", enabled: "enabled" } }] } },
    "service",
    "note",
    "without it",
    "hearth daemon stop --keep-agents",
  ],
  [
    "a systemd that is silent",
    { login: { services: [{ ...UNIT, state: null }] } },
    "service",
    "note",
    "does not answer",
    "systemctl",
  ],
  [
    "a service without linger",
    { login: { lingers: false } },
    "linger",
    "note",
    "when you log out",
    "loginctl enable-linger",
  ],
  [
    "a daemon that logging out ends",
    { login: { killsAtLogout: true, controlGroup: LOGIN_SCOPE } },
    "logout",
    "problem",
    "KillUserProcesses",
    "loginctl enable-linger",
  ],
  [
    "the same before it is started",
    { login: { killsAtLogout: true, controlGroup: LOGIN_SCOPE }, daemon: STOPPED },
    "logout",
    "note",
    "KillUserProcesses",
    "systemd-run",
  ],
];

describe("the doctor", () => {
  it("finds nothing on a sound machine", () => {
    expect(findings().filter((finding) => finding.status !== "ok")).toEqual([]);
    expect(findings({ daemon: STOPPED }).filter((finding) => finding.status === "problem")).toEqual([]);
  });

  it("has one finding for each check, in the order of their names", () => {
    expect(findings().map(({ name }) => name)).toEqual(GROUPS.flatMap(({ checks }) => checks));
  });

  it.each(CASES)("sees %s", (_, changes, name, status, seen, advice) => {
    const matching = findings(changes).filter((finding) => finding.name === name);
    expect(matching).toContainEqual({
      name,
      status,
      seen: expect.stringContaining(seen),
      advice: expect.stringContaining(advice),
    });
  });

  it.each(CASES)("advises commands that there are about %s", async (_, changes) => {
    const advice = findings(changes).flatMap((finding) => finding.advice ?? []);
    expect(advice.filter((text) => !text.includes("`"))).toEqual([]);
    const commands = advice.flatMap(hearthCommandsIn);
    expect((await Promise.all(commands.map(objectionTo))).filter((objection) => objection !== null)).toEqual([]);
  });

  it("speaks of a machine without systemd only where that matters", () => {
    expect(findings({ login: { isSystemd: false } }).slice(-1)).toMatchObject([{ name: "service", status: "ok" }]);
  });

  it("finds nothing wrong with modes and a missing tmux on Windows, where neither means anything", () => {
    const home = { ...entry({ uid: 0, mode: 0o100666 }), user: null };
    const found = findings({ home, machine: { tmux: { found: "not-here" } } });
    expect(found.filter((finding) => finding.status !== "ok")).toEqual([]);
  });

  it("examines the machine also when there is no home at all", () => {
    const place = { homeless: { message: "there is no home", hint: "name one with `--home`" } };
    const seen = examine({ machine: MACHINE, login: LOGIN, place });
    expect(seen.at(-1)).toMatchObject({ name: "home", status: "problem", seen: "there is no home" });
  });

  it("names ten of five hundred failed agents, and says that there are more", () => {
    const agents = Array.from({ length: 500 }, (_, at) => ({ ...FAILED, agent: `a${at}` }));
    const seen = findings({ daemon: { agents: [BACKOFF, ...agents] } }).filter(({ name }) => name === "agents");
    expect(seen).toHaveLength(11);
    expect(seen[0]).toMatchObject({ seen: expect.stringContaining("a0 has failed") });
    expect(seen.at(-1)).toMatchObject({ status: "problem", seen: "and 491 more", advice: "see `hearth status`" });
  });

  it("advises about the daemon that was examined", () => {
    const named = { home: "/my home", descriptor: undefined, socket: "/s" };
    const [advised] = withPlaces(
      findings({ daemon: STOPPED }).filter(({ name }) => name === "daemon"),
      named,
    );
    expect(advised?.advice).toBe("run `hearth daemon start --home '/my home' --socket /s`");
  });

  it("counts a version as the package has it", () => {
    expect(findings({ daemon: STOPPED })).toContainEqual(
      expect.objectContaining({ name: "version", seen: `hearth ${DAEMON_VERSION}` }),
    );
  });
});

describe("logind.conf", () => {
  it.each([
    [false, [], "ada"],
    [false, ["[Login]\n#KillUserProcesses=yes\n"], "ada"],
    [true, ["[Login]\nKillUserProcesses=yes\n"], "ada"],
    [true, ["KillUserProcesses = on"], "ada"],
    [false, ["KillUserProcesses=yes"], "root"],
    [false, ["KillUserProcesses=yes", "KillUserProcesses=no"], "ada"],
    [true, ["KillOnlyUsers=ada bob"], "ada"],
    [false, ["KillUserProcesses=yes\nKillOnlyUsers=bob"], "ada"],
    [false, ["KillUserProcesses=yes\nKillExcludeUsers=root ada"], "ada"],
  ])("ends what a user started: %s for %j and %s", (kills, texts, user) => {
    expect(killsAtLogout(texts, user)).toBe(kills);
  });
});

describe("findings for people", () => {
  const ailing = findings({ daemon: { found: stale("process \x1b]0;x\x07 gone"), agents: null } });
  const problems = ailing.filter((finding) => finding.status === "problem").length;

  function rendered(columns: number, isColourful = false): string[] {
    return renderFindings({ checks: ailing, problems }, { columns, isColourful });
  }

  it("stand in groups with a sign each, and what to do below", () => {
    const lines = rendered(80);
    expect(lines.filter((line) => /^\S/.test(line))).toEqual([...GROUPS.map(({ title }) => title), "2 problems."]);
    expect(lines).toContain("  ✓ node            Node 20.19.0 (/usr/bin/node)");
    expect(lines).toContain("  ✗ daemon          it is gone: process gone");
    expect(lines.join("\n")).toMatch(/✗ daemon.*\n +-> run `hearth daemon start` to adopt its agents,/);
  });

  it.each([[20], [40], [80]])("fit %i columns but for words that are longer, and break no command", (columns) => {
    const lines = rendered(columns);
    const tooLong = lines.filter((line) => [...line].length > columns).map((line) => line.trim());
    expect(
      tooLong.filter((line) =>
        /\s/.test(
          line
            .replace(/`[^`]*`/g, "")
            .replace(/^->/, "")
            .trim(),
        ),
      ),
    ).toEqual([]);
    expect(lines.filter((line) => (line.match(/`/g) ?? []).length % 2 === 1)).toEqual([]);
  });

  it("have colours where they are wanted, and never an escape of anybody else's", () => {
    expect(rendered(80).join("")).not.toContain("\x1b");
    expect(rendered(80, true).join("")).toContain("\x1b[31m✗\x1b[0m");
    expect(rendered(80, true).join("")).not.toContain("\x1b]");
  });
});
