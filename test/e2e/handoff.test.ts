// Handoffs: what a session leaves reaches the next one, until one of them has taken it.
import { readdirSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { expect, onTestFinished, test } from "vitest";
import type { LifecycleRequest } from "../../protocol/lifecycle.js";
import type { Params } from "../../protocol/methods.js";
import { environmentOfSession } from "../support/attached.js";
import { sh, startDaemon, type TestDaemon } from "../support/daemon.js";
import { PATIENCE_MS } from "../support/deadline.js";
import { kill } from "../support/processes.js";
import type { Wire } from "../support/wire.js";

const SLEEPER = sh("exec sleep 60", { autostart: true, restart: { backoff: "0s", max_attempts: 100 } });
const MIB = 1_048_576;

async function environmentOfAgent(daemon: TestDaemon, incarnation: number): Promise<Readonly<Record<string, string>>> {
  const { pid } = await daemon.until("a", (status) => status.incarnation === incarnation && status.ready);
  return environmentOfSession(pid);
}

/** Attached with the token of a session. */
async function asSession(daemon: TestDaemon, incarnation: number): Promise<Wire> {
  const wire = await daemon.attach((await environmentOfAgent(daemon, incarnation)).HEARTH_TOKEN);
  onTestFinished(() => wire.close());
  return wire;
}

async function fileGivenTo(daemon: TestDaemon, incarnation: number): Promise<string | null> {
  const { HEARTH_HANDOFF_FILE: file } = await environmentOfAgent(daemon, incarnation);
  return file === undefined ? null : readFile(file, "utf8");
}

/** Asks and waits for the end. */
async function carriedOut(
  daemon: TestDaemon,
  params: Omit<Params<"lifecycle.request">, "agent">,
): Promise<LifecycleRequest> {
  const { request } = await daemon.call("lifecycle.request", { agent: "a", ...params });
  return (await daemon.call("lifecycle.wait", { id: request.id, timeoutMs: PATIENCE_MS })).request;
}

test("the next session finds a cycle's handoff in a file and through handoff.get, to the byte", async () => {
  const daemon = await startDaemon({ config: { agents: { a: SLEEPER } } });
  const handoff = "Tür zu,\n 🔥 an\u0000.\r\n";
  expect(await fileGivenTo(daemon, 1)).toBeNull();
  await carriedOut(daemon, { action: "cycle", handoff });
  expect(await fileGivenTo(daemon, 2)).toBe(handoff);
  const session = await asSession(daemon, 2);
  for (let time = 1; time <= 2; time++) {
    expect(await session.call("handoff.get", {})).toMatchObject({ handoff, fromIncarnation: 1 });
  }
  expect(await daemon.call("handoff.get", { agent: "a" })).toMatchObject({ handoff });
});

test("a handoff survives the crash of its receiver and of the daemon, until agent.ready takes it", async () => {
  const daemon = await startDaemon({ config: { agents: { a: SLEEPER } } });
  await (await asSession(daemon, 1)).call("handoff.put", { handoff: "go on" });
  const { pid } = await daemon.agent("a");
  kill(pid);
  expect(await fileGivenTo(daemon, 2)).toBe("go on");
  await daemon.kill();
  const next = await daemon.startAgain();
  kill((await next.agent("a")).pid);
  expect(await fileGivenTo(next, 3)).toBe("go on");
  const third = await asSession(next, 3);
  await third.call("agent.ready", {});
  expect(await next.event("handoff.taken", "a")).toMatchObject({ data: { fromIncarnation: 1, incarnation: 3 } });
  expect(await third.call("handoff.get", {})).toMatchObject({ handoff: "go on" });
  kill((await next.agent("a")).pid);
  expect(await fileGivenTo(next, 4)).toBeNull();
  expect(await (await asSession(next, 4)).call("handoff.get", {})).toBeNull();
});

test("a session does not take what it leaves itself", async () => {
  const daemon = await startDaemon({ config: { agents: { a: SLEEPER } } });
  const first = await asSession(daemon, 1);
  await first.call("handoff.put", { handoff: "for the next" });
  await first.call("agent.ready", {});
  await first.call("lifecycle.request", { action: "cycle" });
  expect(await fileGivenTo(daemon, 2)).toBe("for the next");
});

test("what is left without waiting for an answer is the next session's too, and of several the last one", async () => {
  const daemon = await startDaemon({ config: { agents: { a: SLEEPER } } });
  const first = await asSession(daemon, 1);
  const large = ["1", "2", "3"].map((digit) => first.call("handoff.put", { handoff: digit.repeat(MIB) }));
  const small = first.call("handoff.put", { handoff: "the last" });
  const asked = first.call("lifecycle.request", { action: "cycle" });
  expect(await fileGivenTo(daemon, 2)).toBe("the last");
  expect(await Promise.all([...large, small])).toEqual([{}, {}, {}, {}]);
  expect(await asked).toMatchObject({ request: { action: "cycle" } });
});

test("a session that has died is followed by one that finds the last of what it was still leaving", async () => {
  const daemon = await startDaemon({ config: { agents: { a: SLEEPER } } });
  const first = await asSession(daemon, 1);
  const { pid } = await daemon.agent("a");
  const digits = ["1", "2", "3", "4", "5", "6", "7", "8"];
  const left = digits.map((digit) => first.call("handoff.put", { handoff: digit.repeat(MIB) }));
  const answers = Promise.allSettled(left);
  await left[0];
  kill(pid);
  // What comes in when the session's end is known is refused.
  const last = (await answers).findLastIndex(({ status }) => status === "fulfilled");
  expect((await fileGivenTo(daemon, 2))?.charAt(0)).toBe(digits[last]);
});

test("a restart discards what waits, asked for either way", async () => {
  const daemon = await startDaemon({ config: { agents: { a: SLEEPER } } });
  await (await asSession(daemon, 1)).call("handoff.put", { handoff: "old" });
  await carriedOut(daemon, { action: "restart" });
  expect(await fileGivenTo(daemon, 2)).toBeNull();
  await (await asSession(daemon, 2)).call("handoff.put", { handoff: "old" });
  await daemon.call("agent.restart", { agent: "a", wait: true });
  expect(await fileGivenTo(daemon, 3)).toBeNull();
  expect(await daemon.call("handoff.get", { agent: "a" })).toBeNull();
});

test("the last ten stay on disk, beside those whose turn has not come", async () => {
  const daemon = await startDaemon({ config: { agents: { a: SLEEPER } } });
  const first = await asSession(daemon, 1);
  for (let number = 1; number <= 12; number++) await first.call("handoff.put", { handoff: `left ${number}` });
  expect(readdirSync(daemon.path("handoffs"))).toHaveLength(10);
  const stopped = { agent: "a", action: "cycle" } as const;
  const asked = await Promise.all(
    Array.from({ length: 12 }, (_, index) =>
      daemon.call("lifecycle.request", { ...stopped, handoff: `asked ${index}`, key: `k${index}` }),
    ),
  );
  for (const { request } of asked) {
    await daemon.call("lifecycle.wait", { id: request.id, timeoutMs: PATIENCE_MS });
    expect(await daemon.call("handoff.get", { agent: "a" })).not.toBeNull();
  }
  expect(await fileGivenTo(daemon, 13)).toBe("asked 11");
  // The file of the first may be gone, but it is still known that it was the same.
  const again = await daemon.call("lifecycle.request", { ...stopped, handoff: "asked 0", key: "k0" });
  expect(again.request.id).toBe(asked[0]?.request.id);
});

test("a handoff may have one MiB; a larger one, and what is not Unicode, is refused", async () => {
  const daemon = await startDaemon({ config: { agents: { a: SLEEPER } } });
  const session = await asSession(daemon, 1);
  for (const handoff of ["x".repeat(2 * MIB), `${"x".repeat(MIB - 1)}ü`, "a\ud800b", "\udfff"]) {
    expect((await session.ask("handoff.put", { handoff })).error).toMatchObject({ code: -32602 });
    const request = { agent: "a", action: "cycle", handoff };
    expect((await daemon.wire.ask("lifecycle.request", request)).error).toMatchObject({ code: -32602 });
  }
  expect(await session.call("handoff.get", {})).toBeNull();
  await session.call("handoff.put", { handoff: "x".repeat(MIB) });
  expect((await session.call("handoff.get", {}))?.handoff).toHaveLength(MIB);
  expect(await daemon.agent("a")).toMatchObject({ incarnation: 1 });
});

test("a cycle that somebody else asks for lets an attached agent leave a handoff first", async () => {
  const daemon = await startDaemon({ config: { agents: { a: SLEEPER } } });
  const session = await asSession(daemon, 1);
  const askedAt = Date.now();
  const cycle = carriedOut(daemon, { action: "cycle", reason: "new version" });
  const { params } = await session.receive(({ method }) => method === "handoff.requested");
  expect(params).toMatchObject({ reason: "new version" });
  expect(Date.parse(String(params?.deadline))).toBeGreaterThanOrEqual(askedAt + 30_000);
  expect(await daemon.agent("a")).toMatchObject({ incarnation: 1, state: "running" });
  await session.call("handoff.put", { handoff: "wait, I have something" });
  expect(await cycle).toMatchObject({ state: "done", incarnation: { before: 1, after: 2 } });
  expect(await fileGivenTo(daemon, 2)).toBe("wait, I have something");
});

test("an agent that leaves nothing is replaced when its time is up", async () => {
  const daemon = await startDaemon({ config: { daemon: { handoff_timeout: "1s" }, agents: { a: SLEEPER } } });
  await asSession(daemon, 1);
  const asked = performance.now();
  await carriedOut(daemon, { action: "cycle" });
  expect(performance.now() - asked).toBeGreaterThanOrEqual(1_000);
});

test("an agent that is not attached is replaced at once: nobody is there to leave a handoff", async () => {
  const daemon = await startDaemon({ config: { daemon: { handoff_timeout: "1h" }, agents: { a: SLEEPER } } });
  await environmentOfAgent(daemon, 1);
  expect(await carriedOut(daemon, { action: "cycle" })).toMatchObject({ incarnation: { before: 1, after: 2 } });
});

test("a cycle goes on when the daemon is killed while it waits for the handoff", async () => {
  const daemon = await startDaemon({ config: { agents: { a: SLEEPER } } });
  const session = await asSession(daemon, 1);
  const { request } = await daemon.call("lifecycle.request", { agent: "a", action: "cycle" });
  await session.receive(({ method }) => method === "handoff.requested");
  await daemon.kill();
  const next = await daemon.startAgain();
  const ended = await next.call("lifecycle.wait", { id: request.id, timeoutMs: PATIENCE_MS });
  expect(ended.request).toMatchObject({ state: "done", incarnation: { before: 1, after: 2 } });
});
