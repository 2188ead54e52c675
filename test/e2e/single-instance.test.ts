// One daemon per home: however many start at once, whatever an earlier one left behind, however slow the first one is.
import { readdirSync, writeFileSync } from "node:fs";
import { expect, test } from "vitest";
import { configure, HEARTHD, newHome, readDescriptor, runDaemon, sh, startDaemon } from "../support/daemon.js";
import { eventually } from "../support/deadline.js";
import { processesOf } from "../support/processes.js";
import { Wire } from "../support/wire.js";

test("of thirty daemons that start at once one serves, and the others exit 78 and name its pid", async () => {
  const home = newHome();
  configure(home, { agents: { a: sh("exec sleep 60", { autostart: true }) } });
  const starts = Array.from({ length: 30 }, () => startDaemon({ home }).catch((error: Error) => error.message));
  const outcomes = await Promise.all(starts);
  const winners = outcomes.filter((outcome) => typeof outcome !== "string");
  expect(winners).toHaveLength(1);
  const [winner] = winners;
  const { pid } = readDescriptor(`${home}/daemon.json`);
  expect(winner?.pid).toBe(pid);
  for (const message of outcomes.filter((outcome) => typeof outcome === "string")) {
    expect(message).toContain("ended with 78");
    expect(message).toContain(`another daemon (pid ${pid}) holds ${home}`);
  }
  await winner?.until("a", ({ ready }) => ready);
  // An agent in the middle of exec(2) has no environment for a moment; one too many would stay.
  await eventually(() => processesOf(home).length === 2, "the daemon and its agent alone are left");
});

test("a daemon that is merely stopped is not usurped", async () => {
  const daemon = await startDaemon();
  daemon.signal("SIGSTOP");
  const { code, stderr } = await runDaemon({ home: daemon.home });
  expect(code).toBe(78);
  expect(stderr).toContain(`pid ${daemon.pid}`);
  expect(readDescriptor(daemon.path("daemon.json"))).toEqual(daemon.descriptor);
  daemon.signal("SIGCONT");
  expect(await daemon.call("system.ping", {})).toMatchObject({ pong: true });
});

test("a second daemon says on its last line, for the client that launched it, who holds the home", async () => {
  const daemon = await startDaemon();
  const { stderr } = await runDaemon({ home: daemon.home, args: ["--detached"] });
  const { held } = JSON.parse(stderr.trimEnd().split("\n").at(-1) ?? "");
  expect(held).toEqual({ pid: daemon.pid, socketPath: expect.any(String) });
  const holder = await Wire.connect(held.socketPath);
  expect(await holder.call("system.ping", {})).toMatchObject({ pong: true });
  holder.close();
});

test("what a killed daemon left behind keeps nobody out, and does not pile up", async () => {
  let daemon = await startDaemon();
  for (let round = 0; round < 5; round++) {
    await daemon.kill();
    daemon = await daemon.startAgain();
  }
  expect(await daemon.call("system.ping", {})).toMatchObject({ pong: true });
  expect(readdirSync(daemon.path("run")).filter((name) => name.endsWith(".sock"))).toHaveLength(1);
  expect(readdirSync(daemon.path("run")).filter((name) => name.startsWith("lock.")).length).toBeLessThanOrEqual(5);
});

test("two daemons on two homes know nothing of each other", async () => {
  const [one, other] = [await startDaemon(), await startDaemon()];
  expect(await one.call("daemon.status", {})).toMatchObject({ pid: one.pid, home: one.home });
  expect(await other.call("daemon.status", {})).toMatchObject({ pid: other.pid, home: other.home });
});

test("an agent that starts a daemon while its own still boots gets no second one", async () => {
  const nosy = sh(`"${process.execPath}" "${HEARTHD}" --home "$HEARTH_HOME"; echo "code $?"; exec sleep 60`, {
    autostart: true,
    ready: { output: "code" },
  });
  const daemon = await startDaemon({ config: { agents: { nosy } } });
  await daemon.until("nosy", ({ ready }) => ready);
  const { lines } = await daemon.call("agent.logs", { agent: "nosy" });
  expect(lines.at(-1)).toBe("code 78");
  expect(lines.join("\n")).toContain(`another daemon (pid ${daemon.pid})`);
});

test("a regular file where the socket should be is left alone, and named", async () => {
  const home = newHome();
  writeFileSync(`${home}/daemon.sock`, "mine");
  const { code, stderr } = await runDaemon({ home });
  expect(code).toBe(78);
  expect(stderr).toContain(`${home}/daemon.sock exists and is not a socket`);
});
