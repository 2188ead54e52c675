// When an agent counts as ready, and what waits for it.
import { writeFileSync } from "node:fs";
import { expect, test } from "vitest";
import type { AgentDefinition } from "../../protocol/definition.js";
import { attachAs } from "../support/attached.js";
import { sh, startDaemon } from "../support/daemon.js";
import { freePort } from "../support/free-port.js";

/** A program that listens once it gets SIGUSR2, so that "not yet" can be seen. */
const SERVER = `
  const server = require("node:http").createServer((request, response) => response.writeHead(200).end());
  process.on("SIGUSR2", () => server.listen(Number(process.env.PORT), "127.0.0.1"));
  setInterval(() => {}, 1e9);
  console.log("waiting for the signal");
`;

test.each(["tcp", "http"] as const)(
  "ready = { %s } holds as soon as the port answers, and not before",
  async (kind) => {
    const port = await freePort();
    const ready = kind === "tcp" ? { tcp: `127.0.0.1:${port}` } : { http: `http://127.0.0.1:${port}/health` };
    const server = { command: [process.execPath, "-e", SERVER], env: { PORT: String(port) }, ready };
    const daemon = await startDaemon({ config: { agents: { server } } });
    await daemon.call("logs.follow", { agent: "server" });
    await daemon.call("agent.start", { agent: "server" });
    expect(await daemon.wire.lines()).toEqual(["waiting for the signal"]);
    expect(await daemon.agent("server")).toMatchObject({ state: "running", ready: false });

    await daemon.call("agent.signal", { agent: "server", signal: "SIGUSR2" });
    await daemon.event("agent.ready", "server");
    expect(await daemon.agent("server")).toMatchObject({ state: "running", ready: true });
  },
);

test.each<[string, AgentDefinition]>([
  [
    "output, in the middle of a line",
    sh('printf "now listening on 80"; sleep 60', { ready: { output: "listening on" } }),
  ],
  ["output on stderr", sh("echo up >&2; sleep 60", { ready: { output: "up" } })],
  [
    "a command that succeeds in the agent's directory",
    sh("sleep 0.2; touch up; sleep 60", { ready: { command: "test -e up" } }),
  ],
  ["a delay", sh("sleep 60", { ready: { delay: "100ms" } })],
])("ready by %s", async (_how, agent) => {
  const daemon = await startDaemon({ config: { agents: { agent } } });
  const { agents } = await daemon.call("agent.start", { agent: "agent", wait: true });
  expect(agents).toMatchObject([{ state: "running", ready: true, incarnation: 1 }]);
});

test("output of an earlier session does not make the next one ready", async () => {
  const once = sh('[ "$HEARTH_INCARNATION" = 1 ] && echo up; sleep 60', { ready: { output: "up" } });
  const daemon = await startDaemon({ config: { agents: { once } } });
  await daemon.call("agent.start", { agent: "once", wait: true });
  await daemon.call("agent.restart", { agent: "once" });
  expect(
    await daemon.until("once", ({ incarnation, state }) => incarnation === 2 && state === "running"),
  ).toMatchObject({
    ready: false,
  });
});

test("notify: the agent itself says it, with its own token", async () => {
  const daemon = await startDaemon({ config: { agents: { a: sh("sleep 60", { ready: { notify: true } }) } } });
  await daemon.call("agent.start", { agent: "a" });
  const agent = await attachAs(daemon, "a");
  expect(await daemon.agent("a")).toMatchObject({ state: "running", ready: false });
  await agent.call("agent.ready", {});
  expect(await daemon.agent("a")).toMatchObject({ ready: true });
});

test("an agent that is not ready in time has failed, and the policy decides", async () => {
  const restart = { max_attempts: 1, backoff: "0s" };
  const ready = { output: "never said", timeout: "150ms" };
  const daemon = await startDaemon({ config: { agents: { a: sh("exec sleep 60", { ready, restart }) } } });
  const { agents } = await daemon.call("agent.start", { agent: "a", wait: true });
  expect(agents).toMatchObject([
    { state: "failed", incarnation: 2, restarts: 1, lastExit: { reason: "not ready within 150 ms" } },
  ]);
});

test("dependencies start first and are ready before what depends on them starts", async () => {
  const daemon = await startDaemon({
    config: {
      agents: {
        web: sh("sleep 60", { autostart: true, depends_on: ["db", "cache"] }),
        db: sh("until [ -e go ]; do sleep 0.02; done; echo up; sleep 60", { ready: { output: "up" } }),
        cache: sh("sleep 60", { ready: { delay: "50ms" } }),
      },
    },
  });
  expect((await daemon.until("web", ({ waitingFor }) => waitingFor.length > 0)).waitingFor).toContain("db");
  writeFileSync(daemon.path("go"), "");
  expect((await daemon.event("agent.waiting", "web")).data).toEqual({ waitingFor: ["db", "cache"] });
  const [web, db, cache] = [
    await daemon.event("agent.starting", "web"),
    await daemon.event("agent.ready", "db"),
    await daemon.event("agent.ready", "cache"),
  ];
  expect(web.seq).toBeGreaterThan(Math.max(db.seq, cache.seq));
});

test("start with wait says when a dependency keeps an agent from starting", async () => {
  const daemon = await startDaemon({
    config: {
      agents: {
        page: sh("sleep 60", { depends_on: ["web"] }),
        web: sh("sleep 60", { depends_on: ["db"] }),
        db: sh("exit 1", { ready: { output: "up" }, restart: { policy: "never" } }),
      },
    },
  });
  // Also when nothing becomes of the dependency itself.
  const { agents } = await daemon.call("agent.start", { agent: "page", wait: true });
  expect(agents).toMatchObject([{ agent: "page", ready: false, incarnation: 0, waitingFor: ["web"] }]);
  const again = await daemon.call("agent.start", { agent: "web", wait: true });
  expect(again.agents).toMatchObject([{ agent: "web", ready: false, incarnation: 0, waitingFor: ["db"] }]);
});
