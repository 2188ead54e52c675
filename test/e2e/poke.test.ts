// A poke by each of its routes: it arrives as it was meant, or the caller is told why it did not.
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { expect, test } from "vitest";
import type { AgentDefinition } from "../../protocol/definition.js";
import { attachAs } from "../support/attached.js";
import { sh, startDaemon, type TestDaemon } from "../support/daemon.js";
import { eventually } from "../support/deadline.js";
import { isRunning } from "../support/processes.js";

/** Reads its pokes and prints each, and tells when there are no more to come. */
const READER = 'echo up; while IFS= read -r line; do printf "got %s\\n" "$line"; done; echo eof';
const AT_ONCE = { backoff: "0s", jitter: 0 } as const;

/** An agent that is poked by hand only. */
function agentBy(
  poke: string,
  script = "echo up; exec sleep 60",
  rest: Partial<AgentDefinition> = {},
): AgentDefinition {
  return sh(script, { autostart: true, ready: { output: "up" }, heartbeat: { poke, interval: "1h" }, ...rest });
}

async function daemonWith(agent: AgentDefinition): Promise<TestDaemon> {
  const daemon = await startDaemon({ config: { agents: { a: agent } } });
  await daemon.until("a", ({ ready }) => ready);
  return daemon;
}

const logOf = (daemon: TestDaemon, agent = "a"): string =>
  readFileSync(daemon.path("logs", "agents", `${agent}.log`), "utf8");

async function logged(daemon: TestDaemon, text: string): Promise<void> {
  await eventually(() => logOf(daemon).includes(text), `${text} in the log`);
}

test("by session: the message arrives as a line of standard input, and the record tells", async () => {
  const daemon = await daemonWith(agentBy("session", READER));
  const message = 'it\'s "$HOME" `id` %s \\n é 漢字\t🙂';
  expect(await daemon.call("agent.poke", { agent: "a", message })).toEqual({ delivered: true, via: "session" });
  await logged(daemon, `got ${message}\n`);
  const { data, at } = await daemon.event("poke.sent", "a");
  expect(data).toEqual({ delivered: true, via: "session", scheduled: false });
  const { lastPoke } = await daemon.agent("a");
  expect(lastPoke).toMatchObject({ delivered: true, via: "session" });
  // The record is made before it is told.
  expect(Date.parse(lastPoke?.at ?? "")).toBeLessThanOrEqual(Date.parse(at));
});

test("by session: without a message the definition's is sent", async () => {
  const heartbeat = { poke: "session", interval: "1h", message: "check your hook" };
  const daemon = await daemonWith(agentBy("session", READER, { heartbeat }));
  await daemon.call("agent.poke", { agent: "a" });
  await logged(daemon, "got check your hook\n");
});

test("by session: a full pipe is not delivered, and what was delivered is read whole", async () => {
  const script = `echo up; until [ -e go ]; do sleep 0.02; done; ${READER}`;
  const daemon = await daemonWith(agentBy("session", script));
  const message = "x".repeat(4_000);
  let delivered = 0;
  let outcome = await daemon.call("agent.poke", { agent: "a", message });
  for (; outcome.delivered; delivered++) outcome = await daemon.call("agent.poke", { agent: "a", message });
  const detail = "the agent has not read earlier messages";
  expect(outcome).toEqual({ delivered: false, via: "session", detail });
  expect(delivered).toBeGreaterThanOrEqual(10);
  writeFileSync(daemon.path("go"), "");
  await eventually(async () => (await daemon.call("agent.poke", { agent: "a", message: "last" })).delivered, "room");
  await logged(daemon, "got last\n");
  expect(logOf(daemon).split(`got ${message}\n`).length - 1).toBe(delivered);
});

test("by session: what one session left unread never reaches the next", async () => {
  const script = `echo up; [ "$HEARTH_INCARNATION" = 1 ] && exec sleep 60; ${READER}`;
  const daemon = await daemonWith(agentBy("session", script));
  expect(await daemon.call("agent.poke", { agent: "a", message: "old" })).toMatchObject({ delivered: true });
  await daemon.call("agent.restart", { agent: "a", wait: true });
  expect(await daemon.call("agent.poke", { agent: "a", message: "new" })).toMatchObject({ delivered: true });
  await logged(daemon, "got new\n");
  expect(logOf(daemon)).not.toContain("got old");
});

test("by session: the agent sees no end-of-file when the daemon is killed, and the next daemon's pokes arrive", async () => {
  const daemon = await daemonWith(agentBy("session", READER));
  await daemon.call("agent.poke", { agent: "a", message: "first" });
  await daemon.kill();
  const next = await daemon.startAgain();
  await next.until("a", ({ adopted }) => adopted);
  expect(await next.call("agent.poke", { agent: "a", message: "second" })).toMatchObject({ delivered: true });
  await logged(next, "got second\n");
  expect(logOf(next)).toBe("up\ngot first\ngot second\n");
  expect(await next.agent("a")).toMatchObject({ incarnation: 1, state: "running" });
});

test("by session: an agent that closed its standard input is told of as such", async () => {
  const daemon = await daemonWith(agentBy("session", "exec 0<&-; echo up; exec sleep 60"));
  const outcome = await daemon.call("agent.poke", { agent: "a", message: "hello" });
  expect(outcome).toEqual({ delivered: false, via: "session", detail: "the agent has closed its standard input" });
});

test("by rpc: everyone attached as the agent gets a heartbeat with its number, time and message", async () => {
  const daemon = await daemonWith(agentBy("rpc"));
  const missing = { delivered: false, via: "rpc", detail: "the agent has no connection attached" };
  expect(await daemon.call("agent.poke", { agent: "a", message: "too early" })).toEqual(missing);
  const wires = [await attachAs(daemon, "a"), await attachAs(daemon, "a")];
  for (const [index, message] of ["one", "two"].entries()) {
    const askedAt = Date.now();
    expect(await daemon.call("agent.poke", { agent: "a", message })).toEqual({ delivered: true, via: "rpc" });
    const answeredAt = Date.now();
    for (const wire of wires) {
      const { params } = await wire.receive(({ method }) => method === "heartbeat", "a heartbeat");
      expect(params).toEqual({ count: index + 1, at: expect.any(String), message });
      const at = Date.parse(String(params?.at));
      expect([at >= askedAt, at <= answeredAt], `${askedAt} ${at} ${answeredAt}`).toEqual([true, true]);
    }
  }
  for (const wire of wires) wire.close();
  await eventually(async () => (await daemon.call("daemon.status", {})).connections <= 1, "the agent is gone");
  expect(await daemon.call("agent.poke", { agent: "a", message: "too late" })).toEqual(missing);
});

test("by rpc: a connection of an earlier session hears nothing of the next one's heartbeats", async () => {
  const daemon = await daemonWith(agentBy("rpc"));
  await attachAs(daemon, "a");
  await daemon.call("agent.restart", { agent: "a", wait: true });
  expect(await daemon.call("agent.poke", { agent: "a" })).toMatchObject({ delivered: false });
});

test("by signal: it reaches the agent's own process, and none that it started", async () => {
  const script = `sh -c 'trap "echo child" USR1; while :; do sleep 0.02; done' & trap "echo main" USR1; echo up; while :; do sleep 0.02; done`;
  const daemon = await daemonWith(agentBy("signal:SIGUSR1", script));
  for (let count = 1; count <= 3; count++) {
    expect(await daemon.call("agent.poke", { agent: "a" })).toEqual({ delivered: true, via: "signal" });
    await eventually(() => logOf(daemon).split("main").length > count, "the signal");
  }
  expect(logOf(daemon)).toBe("up\nmain\nmain\nmain\n");
});

test("by command: the message is in the environment, run by no shell, and no token is", async () => {
  const script = 'printf "%s" "$HEARTH_POKE_MESSAGE" >message; env >environment; pwd >directory';
  const daemon = await daemonWith(agentBy(`command:sh -c '${script}'`, undefined, { env: { KEY: "value" } }));
  const message = "$(touch pwned) `touch pwned`; touch pwned\nnext 'line' \"é\"";
  expect(await daemon.call("agent.poke", { agent: "a", message })).toEqual({ delivered: true, via: "command" });
  expect(readFileSync(daemon.path("message"), "utf8")).toBe(message);
  expect(existsSync(daemon.path("pwned"))).toBe(false);
  expect(readFileSync(daemon.path("directory"), "utf8").trim()).toBe(daemon.home);
  const environment = readFileSync(daemon.path("environment"), "utf8");
  expect(environment).toMatch(/^KEY=value$/m);
  expect(environment).toMatch(/^HEARTH_POKE_AGENT=a$/m);
  expect(environment).not.toContain("TOKEN");
  expect(environment).not.toContain(daemon.descriptor.token);
});

test.each([
  ["fails", "sh -c 'exit 3'", "sh exited with code 3"],
  ["is killed", "sh -c 'kill -9 $$'", "sh was ended by SIGKILL"],
  ["is missing", "no-such-program", "spawn no-such-program ENOENT"],
])("by command: a program that %s is told of as such", async (_how, command, detail) => {
  const daemon = await daemonWith(agentBy(`command:${command}`));
  expect(await daemon.call("agent.poke", { agent: "a" })).toEqual({ delivered: false, via: "command", detail });
  expect((await daemon.agent("a")).lastPoke).toMatchObject({ delivered: false, via: "command" });
  expect((await daemon.event("poke.sent", "a")).data).toMatchObject({ delivered: false, detail });
});

test("by command: megabytes of output go nowhere", async () => {
  const daemon = await daemonWith(
    agentBy("command:sh -c 'head -c 20000000 /dev/zero; head -c 20000000 /dev/zero >&2'"),
  );
  expect(await daemon.call("agent.poke", { agent: "a" })).toEqual({ delivered: true, via: "command" });
  expect(logOf(daemon)).toBe("up\n");
  expect(readFileSync(daemon.path("logs", "daemon.log")).length).toBeLessThan(100_000);
});

test("by command: one that hangs holds up no second one, and ends with the daemon", async () => {
  const daemon = await daemonWith(agentBy("command:sh -c 'echo $$ >pid; sleep 60'"));
  const hanging = daemon.wire.ask("agent.poke", { agent: "a" });
  await eventually(
    () => existsSync(daemon.path("pid")) && readFileSync(daemon.path("pid"), "utf8").endsWith("\n"),
    "it runs",
  );
  const pid = Number(readFileSync(daemon.path("pid"), "utf8"));
  const detail = "an earlier poke is still under way";
  expect(await daemon.call("agent.poke", { agent: "a" })).toEqual({ delivered: false, via: "command", detail });
  hanging.catch(() => {});
  await daemon.stop();
  await eventually(() => !isRunning(pid), "the hanging program is gone");
});

test("by none: the caller is told what to write into the definition", async () => {
  const daemon = await daemonWith(sh("echo up; exec sleep 60", { autostart: true, ready: { output: "up" } }));
  const outcome = await daemon.call("agent.poke", { agent: "a", message: "hello" });
  expect(outcome).toMatchObject({ delivered: false, via: "none" });
  expect(outcome.detail).toContain('heartbeat = { poke = "session" }');
});

const REFUSED: readonly (readonly [what: string, message: string])[] = [
  ["the end of a bracketed paste", "\u001b[201~rm -rf x\r"],
  ["an escape sequence of one character", "\u009b201~"],
  ["Ctrl-C", "\u0003"],
  ["a carriage return", "a\rb"],
  ["NUL", "a\0b"],
  ["DEL", "\u007f"],
  ["half of a surrogate pair", "\ud800"],
  ["5,000 bytes", "x".repeat(5_000)],
  ["4,098 bytes in fewer characters", "é".repeat(2_049)],
  ["nothing", ""],
];

test("a message that could type more than itself, is too long or is none is refused, and nothing arrives", async () => {
  const daemon = await daemonWith(agentBy("session", READER));
  for (const [what, message] of REFUSED) {
    const { error } = await daemon.wire.ask("agent.poke", { agent: "a", message });
    expect({ what, error }).toMatchObject({
      what,
      error: { code: -32602, message: expect.stringContaining("message") },
    });
  }
  await daemon.call("agent.poke", { agent: "a", message: "last" });
  await logged(daemon, "got last\n");
  expect(logOf(daemon)).toBe("up\ngot last\n");
});

test("a newline is refused for standard input, where it would make two messages of one", async () => {
  const daemon = await daemonWith(agentBy("session", READER));
  const outcome = await daemon.wire.ask("agent.poke", { agent: "a", message: "one\ntwo" });
  expect(JSON.stringify(outcome)).toContain("must not contain a newline");
  await daemon.call("agent.poke", { agent: "a", message: "tab\tis fine" });
  await logged(daemon, "got tab\tis fine\n");
  expect(logOf(daemon)).toBe("up\ngot tab\tis fine\n");
});

test("who is not running, not known or not permitted is not poked", async () => {
  const agents = {
    boss: agentBy("none", undefined, { may_control: ["team/*"] }),
    "team/worker": agentBy("session", READER),
    resting: sh("exec sleep 60", { heartbeat: { poke: "session" } }),
    failing: sh("exit 1", { restart: { ...AT_ONCE, max_attempts: 0 } }),
  };
  const daemon = await startDaemon({ config: { agents } });
  await daemon.until("team/worker", ({ ready }) => ready);
  const boss = await attachAs(daemon, "boss");
  expect(await boss.call("agent.poke", { agent: "team/worker", message: "go on" })).toMatchObject({ delivered: true });
  expect((await boss.ask("agent.poke", { agent: "resting" })).error).toMatchObject({ code: -32003 });
  expect((await daemon.wire.ask("agent.poke", { agent: "resting" })).error).toMatchObject({ code: -32005 });
  await daemon.call("agent.start", { agent: "failing" });
  // Whoever waits for its start alone may be told that it runs, for a program that has not come to its end yet.
  await daemon.until("failing", ({ state }) => state === "failed");
  const why = { code: -32005, data: { hint: "Run `hearth start --reset failing` first." } };
  expect((await daemon.wire.ask("agent.poke", { agent: "failing" })).error).toMatchObject(why);
  expect((await daemon.wire.ask("agent.signal", { agent: "failing", signal: "SIGHUP" })).error).toMatchObject(why);
  expect((await daemon.wire.ask("agent.poke", { agent: "team/workr" })).error).toMatchObject({
    code: -32004,
    data: { suggestions: ["team/worker"] },
  });
});
