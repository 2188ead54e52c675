// The home: which ones are refused, and what happens to damaged state.
import { execFileSync } from "node:child_process";
import { chmodSync, chownSync, existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { expect, test } from "vitest";
import { hearth } from "../cli/hearth.js";
import { newHome, runDaemon, sh, startDaemon } from "../support/daemon.js";

const NOBODY = 65_534;
const SLEEP = "exec sleep 60";

test("everything in the home is its owner's alone", async () => {
  const daemon = await startDaemon();
  const modes = Object.fromEntries(
    ["", "run", "logs", "daemon.sock", "daemon.json"].map((name) => [name, statSync(daemon.path(name)).mode & 0o777]),
  );
  expect(modes).toEqual({ "": 0o700, run: 0o700, logs: 0o700, "daemon.sock": 0o600, "daemon.json": 0o600 });
});

test("a home that others can write is refused", async () => {
  const home = newHome();
  chmodSync(home, 0o777);
  const { code, stderr } = await runDaemon({ home });
  expect(code).toBe(78);
  expect(stderr).toContain("can be written by other users");
  expect(stderr).toContain(`chmod go-w '${home}'`);
});

test.runIf(process.getuid?.() === 0)("a home that belongs to another user is refused", async () => {
  const home = newHome();
  chownSync(home, NOBODY, NOBODY);
  const { code, stderr } = await runDaemon({ home });
  expect(code).toBe(78);
  expect(stderr).toContain(`belongs to user ${NOBODY}`);
});

test("a home that can't be written is refused", async () => {
  const home = newHome();
  chmodSync(home, 0o500);
  // Root may write everywhere, so it steps down to a user to whom the mode applies.
  const uid = process.getuid?.() === 0 ? NOBODY : null;
  if (uid !== null) chownSync(home, uid, uid);
  const { code, stderr } = await runDaemon({ home, ...(uid === null ? {} : { uid }) });
  expect(code).toBe(78);
  expect(stderr).toContain(`${home}`);
  expect(stderr).toContain("cannot be used");
});

test("a file where the home should be is refused", async () => {
  const home = `${newHome()}/home`;
  writeFileSync(home, "mine");
  expect(await runDaemon({ home })).toMatchObject({ code: 78, stderr: expect.stringContaining("is not a directory") });
  const { code, stderr } = await hearth(["--home", home, "daemon", "start"]);
  // Who starts it tells the daemon's hint, and no other beside it.
  expect([code, stderr.split("\n")]).toEqual([
    78,
    [`hearth: ${home} is not a directory`, expect.stringMatching(/^hint: move that file away, .*`hearth doctor`$/), ""],
  ]);
});

test("a hearth.toml that is found and is no file is refused, instead of meaning the user's own home", async () => {
  const directory = newHome();
  const file = join(directory, "hearth.toml");
  execFileSync("mkfifo", [file]);
  const ran = await hearth(["config", "check"], { cwd: directory, env: { HEARTH_HOME: "" } });
  expect(ran).toMatchObject({
    code: 78,
    stdout: expect.stringContaining(`${file}: cannot be read: it is not a regular file`),
  });
});

test("a home in a directory that lets nobody make anything in it is refused", async () => {
  const { code, stderr } = await runDaemon({ home: "/proc/hearth/home" });
  expect(code).toBe(78);
  expect(stderr).toContain("/proc/hearth/home cannot be used");
});

test("a socket path of 200 characters is refused before anything listens elsewhere", async () => {
  const home = newHome();
  const { code, stderr } = await runDaemon({ home, args: ["--socket", `${home}/${"s".repeat(200)}`] });
  expect(code).toBe(78);
  expect(stderr).toContain("too long");
});

test("--socket and --descriptor put both elsewhere", async () => {
  const home = newHome();
  const [socket, descriptor] = [`${home}/elsewhere/s`, `${home}/elsewhere/d.json`];
  mkdirSync(dirname(socket), { mode: 0o700 });
  const daemon = await startDaemon({ home, args: ["--socket", socket, "--descriptor", descriptor] });
  expect(daemon.descriptor.socketPath).toBe(socket);
  await daemon.stop();
  expect([socket, descriptor, `${home}/daemon.json`].filter(existsSync)).toEqual([]);
});

test("a home whose path is too long for a socket gets a short private directory, which goes with the daemon", async () => {
  const daemon = await startDaemon({ home: newHome(`${"x".repeat(150)}-`), config: { agents: { a: sh(SLEEP) } } });
  const { socketPath } = daemon.descriptor;
  expect(socketPath.startsWith(daemon.home)).toBe(false);
  expect(statSync(dirname(socketPath)).mode & 0o777).toBe(0o700);
  await daemon.call("agent.start", { agent: "a", wait: true });
  await daemon.kill();
  const next = await daemon.startAgain();
  await next.until("a", ({ adopted }) => adopted);
  await next.stop();
  expect(existsSync(dirname(socketPath))).toBe(false);
});

test("a torn last line of the journal is dropped", async () => {
  const daemon = await startDaemon({ config: { agents: { a: sh(SLEEP, { autostart: true }) } } });
  const { pid } = await daemon.until("a", ({ ready }) => ready);
  await daemon.kill();
  writeFileSync(daemon.path("journal.ndjson"), '{"torn', { flag: "a" });
  const next = await daemon.startAgain();
  expect(await next.until("a", ({ adopted }) => adopted)).toMatchObject({ pid, incarnation: 1 });
  expect(await next.call("daemon.status", {})).toMatchObject({ health: { status: "ok" } });
});

test("a state file of garbage is kept aside and reported, and the daemon serves", async () => {
  const home = newHome();
  writeFileSync(`${home}/state.json`, "\0garbage");
  const daemon = await startDaemon({ home });
  const { health } = await daemon.call("daemon.status", {});
  expect(health).toMatchObject({ status: "degraded", reasons: [expect.stringContaining("state.json")] });
  const kept = /kept as (\S+)/.exec(health.reasons[0] ?? "")?.[1] ?? "";
  expect(readFileSync(kept, "utf8")).toBe("\0garbage");
});

test("state of a newer version is left untouched, exit 78", async () => {
  const daemon = await startDaemon({ config: { agents: { a: sh("true") } } });
  await daemon.call("agent.start", { agent: "a" });
  await daemon.event("agent.stopped", "a");
  await daemon.stop();
  const state = JSON.parse(readFileSync(daemon.path("state.json"), "utf8")) as { version: number };
  const newer = JSON.stringify({ ...state, version: state.version + 1 });
  writeFileSync(daemon.path("state.json"), newer);
  const { code, stderr } = await runDaemon({ home: daemon.home });
  expect(code).toBe(78);
  expect(stderr).toContain("newer");
  expect(readFileSync(daemon.path("state.json"), "utf8")).toBe(newer);
});

test("broken TOML: file, line and column, exit 78", async () => {
  const home = newHome();
  const { code, stderr } = await runDaemon({ home, config: '[agents.a]\ncommand = "true"\nautostart = maybe\n' });
  expect(code).toBe(78);
  expect(stderr).toMatch(new RegExp(`${home}/hearth.toml:3:\\d+`));
});

test("the descriptor appears once the socket answers and goes on a clean end", async () => {
  const daemon = await startDaemon();
  expect(daemon.descriptor).toMatchObject({ version: 1, pid: daemon.pid, socketPath: daemon.path("daemon.sock") });
  await daemon.stop();
  expect(["daemon.json", "daemon.sock"].filter((name) => existsSync(daemon.path(name)))).toEqual([]);
});
