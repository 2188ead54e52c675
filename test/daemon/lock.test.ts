// One daemon per home, with real processes: races, kills, stopped leaders, left-over and broken locks.
import { spawnSync } from "node:child_process";
import { once } from "node:events";
import {
  existsSync,
  linkSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { createServer, type Server } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { waitForEnd } from "../../src/daemon/incumbent-end.js";
import { acquireLeadership, type Candidacy } from "../../src/daemon/lock.js";
import { readIdentity } from "../../src/sessions/identity.js";
import type { ProcessIdentity } from "../../src/sessions/session.js";
import type { SocketDirectory } from "../../src/socket-directory.js";
import type { CandidateOrders } from "../support/lock-candidate.js";
import { bundleCandidate, Candidates } from "../support/lock-candidates.js";

let bundle: string;
let program: string;
let home: string;
let runDirectory: string;
let sockets: SocketDirectory;
let candidates: Candidates;
let servers: Server[];

beforeAll(async () => {
  bundle = mkdtempSync(join(tmpdir(), "hearth-lock-"));
  program = await bundleCandidate(bundle);
});

afterAll(() => rmSync(bundle, { recursive: true, force: true }));

beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), "hearth-lock-"));
  runDirectory = join(home, "run");
  mkdirSync(runDirectory, { mode: 0o700 });
  sockets = { socket: join(home, "daemon.sock"), candidates: runDirectory, runtimeDirectory: null };
  servers = [];
  useCandidates("once");
});

afterEach(async () => {
  await candidates.end();
  for (const server of servers) if (server.listening) server.close();
  rmSync(home, { recursive: true, force: true });
});

function useCandidates(stand: CandidateOrders["stand"]): void {
  candidates = new Candidates(program, { runDirectory, sockets, referee: home, stand });
}

const said = <S extends string>(what: S) => candidates.reports.filter((report) => report.said === what);
const leaders = () => candidates.reports.flatMap((report) => (report.said === "leading" ? [report] : []));
const yields = () => candidates.reports.flatMap((report) => (report.said === "yielded" ? [report] : []));

/** Starts one candidate and waits until it leads. */
async function startLeader(): Promise<number> {
  const pids = await candidates.start(1);
  candidates.go(pids);
  await candidates.until(() => leaders().some((leader) => pids.includes(leader.pid)));
  return pids[0] ?? 0;
}

async function ownIdentity(): Promise<ProcessIdentity> {
  const identity = await readIdentity(process.pid);
  if (identity === null) throw new Error("no identity");
  return identity;
}

/** Stands in this process, which then counts as the owner. */
async function standHere(options: Partial<Candidacy> = {}) {
  const newServer = () => {
    const server = createServer();
    servers.push(server);
    return server;
  };
  return acquireLeadership({
    runDirectory,
    sockets,
    instanceId: "00112233445566ff",
    identity: await ownIdentity(),
    newServer,
    signal: new AbortController().signal,
    ...options,
  });
}

function writeLock(generation: number, content: unknown): void {
  const text = typeof content === "string" ? content : JSON.stringify(content);
  writeFileSync(join(runDirectory, `lock.${generation}`), text);
}

/** Leaves the socket file of a process that was killed while it listened. */
function leaveDeadSocket(path: string): void {
  const script = "require('net').createServer().listen(process.argv[1], () => process.kill(process.pid, 'SIGKILL'))";
  spawnSync(process.execPath, ["-e", script, path]);
}

describe("simultaneous candidates", () => {
  test("of thirty at once one leads, and the others yield to it", async () => {
    const pids = await candidates.start(30);
    candidates.go(pids);
    await candidates.until(() => leaders().length + yields().length + said("second leader").length === 30);
    expect(said("second leader")).toEqual([]);
    expect(leaders()).toHaveLength(1);
    expect(new Set(yields().map((report) => report.to))).toEqual(new Set([leaders()[0]?.pid]));
  });

  test("while leaders are killed as soon as they lead, never do two lead at once", async () => {
    useCandidates("again");
    const pids = await candidates.start(16);
    candidates.go(pids);
    for (let round = 1; round <= 15; round++) {
      await candidates.until(() => leaders().length >= round || said("second leader").length > 0);
      expect(said("second leader")).toEqual([]);
      candidates.kill(leaders()[round - 1]?.pid ?? 0, "SIGKILL");
    }
    await candidates.until(() => leaders().length === 16);
    expect(said("failed")).toEqual([]);
    expect(leaders().map((leader) => leader.stillHeld)).not.toContain(false);
  });

  test("whoever is killed at any moment of the race, the next leader clears what is left", async () => {
    const pids = await candidates.start(12);
    candidates.go(pids);
    for (const pid of pids) {
      candidates.kill(pid, "SIGKILL");
      await candidates.until(() => !candidates.isRunning(pid));
    }
    const leader = await startLeader();
    expect(said("second leader")).toEqual([]);
    expect(candidates.isRunning(leader)).toBe(true);
    const left = readdirSync(runDirectory).filter((name) => !name.startsWith("lock."));
    expect(left).toEqual([expect.stringMatching(/^s\.[0-9a-f]{16}\.sock$/)]);
  });
});

describe("the incumbent", () => {
  test("that is stopped by SIGSTOP is not usurped", async () => {
    const leader = await startLeader();
    candidates.kill(leader, "SIGSTOP");
    candidates.go(await candidates.start(3));
    await candidates.until(() => yields().length === 3);
    expect(yields().map(({ to, reachable }) => ({ to, reachable }))).toEqual(
      Array(3).fill({ to: leader, reachable: true }),
    );
  });

  test("whose socket was wiped while it lives is not usurped", async () => {
    const leader = await startLeader();
    for (const name of readdirSync(runDirectory)) if (name.endsWith(".sock")) rmSync(join(runDirectory, name));
    candidates.go(await candidates.start(1));
    await candidates.until(() => yields().length === 1);
    expect(yields()[0]).toMatchObject({ to: leader, reachable: false });
  });

  test("whose lock was deleted learns it, and the next candidate leads", async () => {
    const leader = await startLeader();
    for (const name of readdirSync(runDirectory)) if (name.startsWith("lock.")) rmSync(join(runDirectory, name));
    candidates.go([leader]);
    await candidates.until(() => said("held").length === 1);
    expect(said("held")[0]).toMatchObject({ stillHeld: false });
  });

  test("whose home was removed learns it", async () => {
    const leader = await startLeader();
    rmSync(home, { recursive: true });
    candidates.go([leader]);
    await candidates.until(() => said("held").length === 1);
    expect(said("held")[0]).toMatchObject({ stillHeld: false });
  });

  test("whose generation another instance holds after a wipe no longer holds it", async () => {
    const election = await standHere();
    if (election.outcome !== "leader") throw new Error("should lead");
    expect(election.stillHeld()).toBe(true);
    writeLock(1, { ...JSON.parse(readFileSync(join(runDirectory, "lock.1"), "utf8")), instanceId: "another" });
    expect(election.stillHeld()).toBe(false);
  });

  test("that was killed wedges nobody: the next generation leads", async () => {
    const killed = await startLeader();
    candidates.kill(killed, "SIGKILL");
    await candidates.until(() => !candidates.isRunning(killed));
    await startLeader();
    expect(leaders().map((leader) => leader.generation)).toEqual([1, 2]);
  });

  test("is waited for until its process has ended", async () => {
    const leader = await startLeader();
    const { identity, socketPath } = JSON.parse(readFileSync(join(runDirectory, "lock.1"), "utf8"));
    const ended = waitForEnd(socketPath, identity, new AbortController().signal);
    const first = await Promise.race([
      ended.then(() => "ended"),
      new Promise((resolve) => setImmediate(resolve, "waits")),
    ]);
    expect(first).toBe("waits");
    candidates.kill(leader, "SIGKILL");
    await ended;
    await expect(standHere()).resolves.toMatchObject({ outcome: "leader", generation: 2 });
  });

  test("is no longer waited for when the wait is called off", async () => {
    await startLeader();
    const { identity, socketPath } = JSON.parse(readFileSync(join(runDirectory, "lock.1"), "utf8"));
    const caller = new AbortController();
    const ended = waitForEnd(socketPath, identity, caller.signal);
    caller.abort(new Error("called off"));
    await expect(ended).rejects.toThrow("called off");
  });

  test("whose sockets are gone is still waited for", async () => {
    const leader = await startLeader();
    const { identity } = JSON.parse(readFileSync(join(runDirectory, "lock.1"), "utf8"));
    const ended = waitForEnd(join(runDirectory, "s.gone.sock"), identity, new AbortController().signal);
    // Standing takes many turns, in each of which a wait that gave up would have ended.
    const first = await Promise.race([ended.then(() => "ended"), standHere().then(() => "waits")]);
    expect(first).toBe("waits");
    candidates.kill(leader, "SIGKILL");
    await ended;
  });
});

describe("a lock that no live process stands behind", () => {
  test("names a PID that another program has now: dead", async () => {
    const identity = { ...(await ownIdentity()), start: "1" };
    writeLock(4, { socketPath: join(runDirectory, "s.old.sock"), identity, instanceId: "old" });
    await expect(standHere()).resolves.toMatchObject({ outcome: "leader", generation: 5 });
  });

  test.each(["", "{", "[]", '{"socketPath":"x"}', '{"identity":{"pid":-1}}'])(
    "holds %j: a dead generation, since no candidate can have written it",
    async (content) => {
      writeLock(4, content);
      await expect(standHere()).resolves.toMatchObject({ outcome: "leader", generation: 5 });
    },
  );

  test("names a socket path that the system would truncate: nobody listens there", async () => {
    const identity = { ...(await ownIdentity()), start: "1" };
    const socketPath = join(home, "x".repeat(200));
    // Node 20 listens on the truncated path, later ones refuse; neither makes the lock's owner live.
    const stranger = createServer().listen(socketPath);
    servers.push(stranger);
    await Promise.race([once(stranger, "listening"), once(stranger, "error")]);
    writeLock(1, { socketPath, identity, instanceId: "old" });
    await expect(standHere()).resolves.toMatchObject({ outcome: "leader", generation: 2 });
  });

  test("names a file that is no socket: the file stays", async () => {
    const precious = join(home, "precious");
    writeFileSync(precious, "kept");
    const identity = { ...(await ownIdentity()), start: "1" };
    for (const generation of [1, 2, 3, 4]) writeLock(generation, { socketPath: precious, identity, instanceId: "old" });
    await standHere();
    expect(readFileSync(precious, "utf8")).toBe("kept");
  });

  test("is removed once it is older than the two before the leader's", async () => {
    for (const generation of [1, 2, 3, 4, 5]) writeLock(generation, "");
    await standHere();
    expect(
      readdirSync(runDirectory)
        .filter((name) => name.startsWith("lock."))
        .sort(),
    ).toEqual(["lock.4", "lock.5", "lock.6"]);
  });
});

describe("what a leader leaves and clears", () => {
  test("dead candidates' files and sockets go, live ones stay", async () => {
    const dead = spawnSync("true").pid;
    const gone = { ...(await ownIdentity()), pid: dead, start: "1" };
    const socketPath = join(runDirectory, "s.dead.sock");
    leaveDeadSocket(socketPath);
    // As of one that died while it made its socket public.
    linkSync(socketPath, `${socketPath}.public`);
    writeFileSync(
      join(runDirectory, `candidate.${dead}.aa`),
      JSON.stringify({ socketPath, identity: gone, instanceId: "aa" }),
    );
    writeFileSync(join(runDirectory, `candidate.${dead}.bb`), "{");
    writeFileSync(join(runDirectory, `candidate.${process.pid}.cc`), "{");
    await standHere();
    expect(readdirSync(runDirectory).sort()).toEqual([
      `candidate.${process.pid}.cc`,
      "lock.1",
      "s.00112233445566ff.sock",
    ]);
  });

  test("a candidate that yields takes its socket and file with it", async () => {
    await startLeader();
    const before = readdirSync(runDirectory).sort();
    await expect(standHere()).resolves.toMatchObject({ outcome: "yielded", to: { reachable: true } });
    expect(readdirSync(runDirectory).sort()).toEqual(before);
  });

  test("an election that is called off leaves nothing", async () => {
    const caller = new AbortController();
    const standing = standHere({ signal: caller.signal });
    caller.abort(new Error("called off"));
    await expect(standing).rejects.toThrow("called off");
    expect(readdirSync(runDirectory)).toEqual([]);
  });

  test("a socket path that is too long is refused before anything is made", async () => {
    const far = join(home, "x".repeat(120));
    mkdirSync(far);
    await expect(standHere({ sockets: { ...sockets, candidates: far } })).rejects.toMatchObject({
      kind: "socket-path-too-long",
    });
    expect(readdirSync(runDirectory)).toEqual([]);
  });
});

describe("daemon.sock", () => {
  async function lead() {
    const election = await standHere();
    if (election.outcome !== "leader") throw new Error("should lead");
    return election;
  }

  test("is the leader's own socket under a second name, for the owner only", async () => {
    const { publish, socketPath } = await lead();
    await publish();
    expect(statSync(sockets.socket).ino).toBe(statSync(socketPath).ino);
    expect(statSync(sockets.socket).mode & 0o777).toBe(0o600);
  });

  test("is mended when somebody removed it, and repeating it leaves nothing behind", async () => {
    const { publish } = await lead();
    await publish();
    rmSync(sockets.socket);
    await publish();
    await publish();
    expect(statSync(sockets.socket).isSocket()).toBe(true);
    expect(readdirSync(runDirectory).sort()).toEqual(["lock.1", "s.00112233445566ff.sock"]);
  });

  test.each([
    ["a file", (path: string) => writeFileSync(path, "kept")],
    ["a directory", (path: string) => mkdirSync(path)],
  ])("is refused by name when %s is there, which stays", async (_what, occupy) => {
    occupy(sockets.socket);
    const before = statSync(sockets.socket).ino;
    await expect(standHere()).rejects.toMatchObject({ name: "SocketPathOccupiedError", path: sockets.socket });
    expect(statSync(sockets.socket).ino).toBe(before);
    expect(readdirSync(runDirectory)).toEqual([]);
  });

  test("is removed at the end only while it is still the leader's", async () => {
    const { publish, unpublish, socketPath } = await lead();
    await publish();
    await unpublish();
    expect(existsSync(sockets.socket)).toBe(false);
    const successor = createServer().listen(`${socketPath}.next`);
    servers.push(successor);
    linkSync(`${socketPath}.next`, sockets.socket);
    await unpublish();
    expect(existsSync(sockets.socket)).toBe(true);
  });
});
