// Reading logs over the socket: page by page, since a moment, and going on with the daemon that comes after.
import { appendFileSync } from "node:fs";
import { expect, test } from "vitest";
import { sh, startDaemon, type TestDaemon } from "../support/daemon.js";
import { eventually } from "../support/deadline.js";
import type { Wire } from "../support/wire.js";

/** The lines of `log` notifications until there are so many, with what the last of them tells. */
async function linesOf(wire: Wire, count: number) {
  const lines: string[] = [];
  let next: unknown;
  while (lines.length < count) {
    const { params } = await wire.receive(({ method }) => method === "log", "lines of a log");
    const written = params?.lines as string[];
    lines.push(...written.map((line) => `${params?.agent}: ${line}`));
    next = params?.next;
  }
  return { lines, next: next as string };
}

const logOf = (daemon: TestDaemon, agent: string): string => daemon.path("logs", "agents", `${agent}.log`);

test("agent.logs answers page by page, and tells what is known of the times", async () => {
  const script = "seq 1 1000; printf unfinished; exec sleep 60";
  const daemon = await startDaemon({ config: { agents: { a: sh(script) } } });
  await daemon.call("agent.start", { agent: "a", wait: true });
  await eventually(
    async () => (await daemon.call("agent.logs", { agent: "a", lines: 1 })).lines[0] === "unfinished",
    "all of it is written",
  );
  const lines: string[] = [];
  let answer = await daemon.call("agent.logs", { agent: "a", bytes: 500, page: { since: "1970-01-01T00:00:00Z" } });
  for (
    ;
    answer.page?.more;
    answer = await daemon.call("agent.logs", { agent: "a", bytes: 500, page: { after: answer.page.next } })
  )
    lines.push(...answer.lines);
  expect([...lines, ...answer.lines]).toEqual(Array.from({ length: 1000 }, (_, index) => String(index + 1)));
  expect(answer.page).toMatchObject({ unfinished: "unfinished", notBefore: null });
  const { writtenAt } = answer.page ?? {};
  expect(Date.parse(writtenAt ?? "")).toBeLessThanOrEqual(Date.now());

  const later = new Date(Date.parse(writtenAt ?? "") + 3_000).toISOString();
  const since = await daemon.call("agent.logs", { agent: "a", page: { since: later } });
  expect(since).toMatchObject({ lines: [], page: { more: false } });
  // A look at the log after its last line, a second after the session began, tells more than that line's time.
  expect(Date.parse(since.page?.notBefore ?? "")).toBeGreaterThanOrEqual(Date.parse(writtenAt ?? ""));
  expect(Date.parse(since.page?.notBefore ?? "")).toBeLessThanOrEqual(Date.parse(later));
});

test("who follows from a place gets what was written while no daemon was there, once", async () => {
  const daemon = await startDaemon({ config: { agents: { a: sh("echo one; exec sleep 60") } } });
  await daemon.call("logs.follow", { agent: "a", after: {} });
  await daemon.call("agent.start", { agent: "a", wait: true });
  const before = await linesOf(daemon.wire, 1);
  await daemon.kill();
  appendFileSync(logOf(daemon, "a"), "two\n");
  const next = await daemon.startAgain();
  await next.call("logs.follow", { agent: "a", after: { a: before.next } });
  appendFileSync(logOf(daemon, "a"), "three\n");
  expect((await linesOf(next.wire, 2)).lines).toEqual(["a: two", "a: three"]);
});

test("who follows a glob hears all that agents write which are added, also when they are removed and added again", async () => {
  const daemon = await startDaemon({
    config: { agents: { "team/a": sh("echo a; exec sleep 60"), other: sh("echo other") } },
  });
  await daemon.call("logs.follow", { agent: "team/*", lines: 0 });
  await daemon.call("agent.start", { agent: "*" });
  expect((await linesOf(daemon.wire, 1)).lines).toEqual(["team/a: a"]);
  for (const round of ["first", "second"]) {
    await daemon.call("agent.add", { name: "team/b", command: ["/bin/sh", "-c", `echo ${round}; exec sleep 60`] });
    await daemon.call("agent.start", { agent: "team/b" });
    expect((await linesOf(daemon.wire, 1)).lines).toEqual([`team/b: ${round}`]);
    await daemon.call("agent.remove", { agent: "team/b" });
  }
  appendFileSync(daemon.path("logs", "agents", "team%2Fa.log"), "still\n");
  expect((await linesOf(daemon.wire, 1)).lines).toEqual(["team/a: still"]);
});

test("who follows hears what is written also where the kernel has no file watch left", async () => {
  const withoutInotify = "echo 0 >/proc/sys/user/max_inotify_instances";
  const daemon = await startDaemon({
    config: { agents: { a: sh("echo one; exec sleep 60", { ready: { output: "one" } }) } },
    before: `exec unshare --user --map-root-user /bin/sh -c '${withoutInotify}; exec "$@"' sh "$@"`,
  });
  await daemon.call("logs.follow", { agent: "a", lines: 0 });
  await daemon.call("agent.start", { agent: "a", wait: true });
  expect((await linesOf(daemon.wire, 1)).lines).toEqual(["a: one"]);
  appendFileSync(logOf(daemon, "a"), "two\n");
  expect((await linesOf(daemon.wire, 1)).lines).toEqual(["a: two"]);
});

test("200 agents are followed by one subscription", async () => {
  const names = Array.from({ length: 200 }, (_, index) => `agent-${index}`);
  const agents = Object.fromEntries(names.map((name) => [name, sh("true")]));
  const daemon = await startDaemon({ config: { agents } });
  await daemon.call("logs.follow", { agent: "*" });
  await daemon.call("agent.start", { agent: "agent-7", wait: true });
  for (const name of names) appendFileSync(logOf(daemon, name), "here\n");
  const { lines } = await linesOf(daemon.wire, 200);
  expect(lines.sort()).toEqual(names.map((name) => `${name}: here`).sort());
});
