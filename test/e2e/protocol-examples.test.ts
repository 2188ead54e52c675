// What the daemon publishes about itself is true: each example can be called, and whatever comes back or comes unasked
// fits the schemas that `rpc.discover` gives to everybody.
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import type { HearthToml } from "../../protocol/definition.js";
import { type Connection, openConnection } from "../../src/client/connection.js";
import { tokenOf } from "../support/attached.js";
import { newHome, sh, startDaemon, type TestDaemon } from "../support/daemon.js";
import { eventually, within } from "../support/deadline.js";
import { Published, type PublishedDocument } from "../support/published.js";

/** A client that believes nothing: what it is told must fit what was published. */
class Sceptic {
  readonly called = new Set<string>();
  readonly heard = new Set<string>();
  readonly flaws: string[] = [];

  private constructor(readonly published: Published) {}

  static async of(daemon: TestDaemon): Promise<Sceptic> {
    return new Sceptic(new Published((await daemon.call("rpc.discover", {})) as unknown as PublishedDocument));
  }

  /** A connection that looks at all that it hears. */
  async connect({ descriptor }: TestDaemon): Promise<Connection> {
    const connection = await openConnection(descriptor.socketPath, {
      notification: (method, params) => {
        this.heard.add(method === "event" ? String((params as { type: unknown }).type) : method);
        this.flaws.push(...this.published.inNotification(method, params));
      },
      closed: () => {},
    });
    onTestFinished(() => connection.close());
    return connection;
  }

  /** Attached, and subscribed to everything that happens. */
  async attach(daemon: TestDaemon, token = daemon.descriptor.token): Promise<Connection> {
    const connection = await this.connect(daemon);
    await connection.call("system.attach", { token });
    await connection.call("events.subscribe", { since: 0 });
    return connection;
  }

  /** Calls a method as its example does, but for what no document can know. */
  async callExample(connection: Connection, method: string, known: Record<string, unknown> = {}): Promise<unknown> {
    const params = { ...this.published.exampleParams(method), ...known };
    const result = await within(connection.request(method, params), () => `the answer to ${method}`);
    this.flaws.push(...this.published.inParams(method, params), ...this.published.inResult(method, result));
    this.called.add(method);
    return result;
  }
}

/** A world in which the examples are possible; the gateway is added by its own. */
const WORLD: HearthToml = {
  daemon: { heartbeat_interval: "100ms" },
  agents: {
    mayor: sh("exec sleep 600", {
      autostart: true,
      ready: { notify: true },
      heartbeat: { poke: "rpc", when_missed: 200, startup_grace: "1m" },
    }),
    clerk: { command: "cat", session: "tmux", autostart: true, stop: { signal: "SIGHUP" } },
  },
};

const GATEWAY = `process.on("SIGUSR1", () => console.log("listening on another port"));
console.log("listening on 8080");
setInterval(() => {}, 1000);`;

function worldWithGateway(): string {
  const home = newHome();
  mkdirSync(join(home, "gateway"));
  writeFileSync(join(home, "gateway/gateway.mjs"), GATEWAY);
  return home;
}

test("each example can be called, and its result fits the schema", async () => {
  const daemon = await startDaemon({ home: worldWithGateway(), config: WORLD });
  const sceptic = await Sceptic.of(daemon);
  const operator = await sceptic.connect(daemon);
  const ask = (method: string, known?: Record<string, unknown>) => sceptic.callExample(operator, method, known);

  for (const method of ["system.ping", "system.version", "rpc.discover"]) await ask(method);
  await ask("system.attach", { token: daemon.descriptor.token });
  await daemon.until("clerk", ({ state }) => state === "running");
  for (const method of ["agent.add", "agent.start", "agent.get", "agent.list", "daemon.status"]) await ask(method);
  for (const method of ["agent.poke", "agent.capture", "events.list", "events.subscribe", "events.unsubscribe"])
    await ask(method);
  const written = async () => ((await ask("agent.logs")) as { lines: string[] }).lines.length > 0;
  await eventually(written, "the gateway has written something");
  for (const method of ["agent.signal", "logs.follow", "agent.restart"]) await ask(method);
  await daemon.until("gateway", ({ state, incarnation }) => state === "running" && incarnation === 2);
  for (const method of ["agent.stop", "agent.reset", "agent.remove", "daemon.reload"]) await ask(method);

  const agent = await sceptic.connect(daemon);
  await agent.call("system.attach", { token: await tokenOf(daemon, "mayor") });
  for (const method of ["agent.beat", "agent.ready", "handoff.put", "handoff.get"]) {
    await sceptic.callExample(agent, method);
  }
  const { request } = (await sceptic.callExample(agent, "lifecycle.request")) as { request: { id: string } };
  await ask("lifecycle.wait", { id: request.id });
  await ask("lifecycle.get", { id: request.id });
  expect(await ask("lifecycle.list")).toMatchObject({ requests: [{ id: request.id }] });

  await ask("daemon.restart");
  await within(daemon.ended, () => "the daemon leaves its place to the next");
  const next = await daemon.startAgain();
  await sceptic.callExample(await sceptic.attach(next), "daemon.shutdown");
  await within(next.ended, () => "the next daemon ends");
  expect([...sceptic.called].toSorted()).toEqual(sceptic.published.methods.toSorted());
  expect(sceptic.flaws).toEqual([]);
  // The example keeps the agents; this one ends them.
  await next.startAgain();
});

const TROUBLED: HearthToml = {
  agents: {
    mayor: sh("exec sleep 600", {
      autostart: true,
      ready: { notify: true },
      heartbeat: { interval: "100ms", poke: "rpc", when_missed: 200, startup_grace: "1m" },
    }),
    silent: sh("exec sleep 600", {
      autostart: true,
      restart: { policy: "never" },
      heartbeat: { interval: "100ms", when_missed: 1, startup_grace: "100ms" },
    }),
    crasher: sh("exit 3", { autostart: true, restart: { max_attempts: 1, backoff: "10ms" } }),
    late: sh("exec sleep 600"),
    needy: sh("exec sleep 600", { autostart: true, depends_on: ["mayor"], cron: "* * * * * *" }),
  },
};

/** What happens to nobody in the test below: it takes a full disk, six hours, or a log of 100 MB. */
const UNHEARD = ["daemon.degraded", "daemon.recovered", "lifecycle.expired", "log.rotated"];

test("whatever comes unasked fits what is published, in every kind of trouble", async () => {
  const first = await startDaemon({ config: TROUBLED });
  const sceptic = await Sceptic.of(first);
  await sceptic.attach(first);
  await first.until("mayor", ({ state }) => state === "running");
  await first.event("agent.failed", "crasher");
  await first.event("watchdog.missed", "silent");
  await eventually(() => sceptic.heard.has("watchdog.missed"), "the sceptic has heard it too");
  await first.kill();
  const daemon = await first.startAgain();
  const operator = await sceptic.attach(daemon);
  await daemon.event("agent.adopted", "mayor");

  const mayor = await sceptic.attach(daemon, await tokenOf(daemon, "mayor"));
  await mayor.call("logs.follow", { agent: "daemon", lines: 5 });
  await mayor.call("agent.ready", {});
  await mayor.call("agent.beat", { status: "reviewing", note: "half done" });
  await operator.call("lifecycle.request", { agent: "mayor", action: "cycle", reason: "new instructions" });
  await eventually(() => sceptic.heard.has("handoff.requested"), "the mayor is asked for a handoff");
  const final = await operator.call("lifecycle.request", { agent: "mayor", action: "shutdown" });
  const overtaken = await operator.call("lifecycle.request", { agent: "mayor", action: "restart" });
  await mayor.call("handoff.put", { handoff: "Half of the review is done." });
  await operator.call("lifecycle.wait", { id: final.request.id });
  await operator.call("lifecycle.wait", { id: overtaken.request.id });

  await operator.call("agent.start", { agent: "mayor" });
  const heir = await sceptic.attach(daemon, await tokenOf(daemon, "mayor"));
  await heir.call("agent.ready", {});
  await daemon.event("handoff.taken", "mayor");
  await eventually(() => sceptic.heard.has("heartbeat"), "the mayor hears a heartbeat");
  await operator.call("agent.start", { agent: "needy" });
  await daemon.event("restart.due", "needy");
  const doomed = await operator.call("lifecycle.request", { agent: "crasher", action: "restart" });
  await operator.call("lifecycle.wait", { id: doomed.request.id });
  await operator.call("agent.add", { name: "guest", command: ["sleep", "600"] });
  await operator.call("agent.remove", { agent: "guest" });
  await reload(daemon, operator);
  await operator.call("daemon.shutdown", {});
  await within(daemon.ended, () => "the daemon ends");

  expect(sceptic.flaws).toEqual([]);
  const { document } = sceptic.published;
  const everything = [...document["x-notifications"].map(({ name }) => name), ...Object.keys(document["x-events"])];
  expect(everything.filter((name) => name !== "event" && !sceptic.heard.has(name)).toSorted()).toEqual(
    UNHEARD.toSorted(),
  );
});

/** Applies a configuration in which one agent is another. */
async function reload(daemon: TestDaemon, operator: Connection): Promise<void> {
  const text = `[agents.late]\ncommand = ["sleep", "601"]\n`;
  writeFileSync(daemon.path("hearth.toml"), text);
  await operator.call("daemon.reload", {});
}
