// Hooks: an agent's own programs are told what became of it, and the daemon waits for none of them.
import { appendFileSync, existsSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { expect, test } from "vitest";
import type { AgentDefinition } from "../../protocol/definition.js";
import { newHome, sh, startDaemon, type TestDaemon } from "../support/daemon.js";
import { eventually } from "../support/deadline.js";
import { isRunning, processesOf } from "../support/processes.js";

/** A hook that writes its environment into a file named after what it is told of. */
const TELL = ["/bin/sh", "-c", 'env >"$HEARTH_HOOK.new"; mv "$HEARTH_HOOK.new" "$HEARTH_HOOK"'];

const SLEEP = "exec sleep 60";

function agentWith(hooks: Omit<AgentDefinition, "command">, script = SLEEP): AgentDefinition {
  return sh(script, hooks);
}

/** What a hook was told, once it was. */
async function told(daemon: TestDaemon, hook: string): Promise<Record<string, string>> {
  const file = daemon.path(hook);
  await eventually(() => existsSync(file), `${hook} is run`);
  const variables = Object.fromEntries(
    readFileSync(file, "utf8")
      .trimEnd()
      .split("\n")
      .map((line) => [line.slice(0, line.indexOf("=")), line.slice(line.indexOf("=") + 1)]),
  );
  rmSync(file);
  return variables;
}

/** The entry of the daemon's log with this message, once there is one. */
async function logged(home: string, message: string): Promise<Record<string, unknown>> {
  const entries = (): Record<string, unknown>[] =>
    readFileSync(`${home}/logs/daemon.log`, "utf8")
      .split("\n")
      // Behind the last newline is the beginning of a line that is just being written, or nothing.
      .slice(0, -1)
      .map((line) => JSON.parse(line) as Record<string, unknown>);
  return eventually(() => entries().find((entry) => entry.message === message), `the log says: ${message}`);
}

test("on_ready gets the agent's environment, what happened, and no token", async () => {
  const home = newHome();
  writeFileSync(`${home}/.env`, "FROM_FILE=file\nBOTH=file\n");
  const agent = agentWith({ on_ready: TELL, env: { BOTH: "definition" }, env_file: ".env" });
  const daemon = await startDaemon({ home, config: { agents: { agent } } });
  await daemon.call("agent.start", { agent: "agent" });
  const variables = await told(daemon, "on_ready");
  expect(variables).toMatchObject({ FROM_FILE: "file", BOTH: "definition", PWD: home, PATH: process.env.PATH });
  const own = Object.entries(variables).filter(([name]) => name.startsWith("HEARTH"));
  expect(Object.fromEntries(own)).toEqual({
    HEARTH_HOME: home,
    HEARTH_HOOK: "on_ready",
    HEARTH_HOOK_AT: expect.stringMatching(/^\d{4}-.*Z$/),
    HEARTH_HOOK_AGENT: "agent",
    HEARTH_HOOK_INCARNATION: "1",
    HEARTH_HOOK_STATE: "running",
    HEARTH_HOOK_RESTARTS: "0",
    HEARTH_HOOK_RECENT_FAILURES: "0",
    HEARTH_HOOK_LOG_FILE: daemon.path("logs", "agents", "agent.log"),
  });
});

test("on_exit tells an end that was asked for from one that was not, with what follows", async () => {
  const restart = { backoff: "1m" } as const;
  const daemon = await startDaemon({ config: { agents: { agent: agentWith({ on_exit: TELL, restart }) } } });
  await daemon.call("agent.start", { agent: "agent", wait: true });
  await daemon.call("agent.restart", { agent: "agent", wait: true });
  expect(await told(daemon, "on_exit")).toMatchObject({
    HEARTH_HOOK_ASKED: "yes",
    HEARTH_HOOK_CAUSE: "restart requested",
    HEARTH_HOOK_REASON: "killed by SIGTERM",
    HEARTH_HOOK_SIGNAL: "SIGTERM",
  });
  await daemon.call("agent.signal", { agent: "agent", signal: "SIGKILL" });
  const crash = await told(daemon, "on_exit");
  const { backoffUntil } = await daemon.until("agent", ({ state }) => state === "backoff");
  expect(crash).toMatchObject({
    HEARTH_HOOK_INCARNATION: "2",
    HEARTH_HOOK_ASKED: "no",
    HEARTH_HOOK_SIGNAL: "SIGKILL",
    HEARTH_HOOK_STATE: "backoff",
    HEARTH_HOOK_RECENT_FAILURES: "1",
  });
  expect(crash).not.toHaveProperty("HEARTH_HOOK_CAUSE");
  const nextAttempt = Date.parse(crash.HEARTH_HOOK_NEXT_ATTEMPT ?? "");
  expect(Math.abs(nextAttempt - Date.parse(backoffUntil ?? ""))).toBeLessThan(1_000);
});

test("a cycle is told by on_exit of the old session and on_cycle of the new, with its request", async () => {
  const daemon = await startDaemon({ config: { agents: { agent: agentWith({ on_exit: TELL, on_cycle: TELL }) } } });
  await daemon.call("agent.start", { agent: "agent", wait: true });
  const wish = { agent: "agent", action: "cycle", handoff: "Half is done.", reason: "$(rm -rf x)" } as const;
  const { request } = await daemon.call("lifecycle.request", wish);
  expect(await told(daemon, "on_cycle")).toMatchObject({
    HEARTH_HOOK_INCARNATION: "2",
    HEARTH_HOOK_PREVIOUS_INCARNATION: "1",
    HEARTH_HOOK_REQUEST: request.id,
    HEARTH_HOOK_FROM: "operator",
    HEARTH_HOOK_REASON: "$(rm -rf x)",
  });
  expect(await told(daemon, "on_exit")).toMatchObject({
    HEARTH_HOOK_INCARNATION: "1",
    HEARTH_HOOK_ASKED: "yes",
    HEARTH_HOOK_REQUEST: request.id,
  });
});

test("a crash loop sends a message", async () => {
  const restart = { max_attempts: 1, backoff: "1ms" } as const;
  const message =
    'printf "%s is down: %s\\n" "$HEARTH_HOOK_AGENT" "$HEARTH_HOOK_REASON" >>mail; tail -n1 "$HEARTH_HOOK_LOG_FILE" >>mail';
  const agent = agentWith({ restart, on_failed: ["sh", "-c", message] }, "echo out of luck; exit 3");
  const daemon = await startDaemon({ config: { agents: { agent } } });
  await daemon.call("agent.start", { agent: "agent" });
  const mail = (): string => (existsSync(daemon.path("mail")) ? readFileSync(daemon.path("mail"), "utf8") : "");
  await eventually(() => mail().endsWith("luck\n"), "the message");
  expect(mail()).toBe("agent is down: exited with code 3\nout of luck\n");
});

test.each([
  ["command", { command: ["no-such-program"] }, /^command not found: no-such-program/],
  ["directory", { command: ["true"], cwd: "gone" }, /^working directory does not exist/],
  ["env file", { command: ["true"], env_file: "gone" }, /^env_file: .*gone/],
])("an agent that can't be run for want of its %s sends one, too", async (_, definition, reason) => {
  const daemon = await startDaemon({ config: { agents: { agent: { ...definition, on_failed: TELL } } } });
  await daemon.call("agent.start", { agent: "agent" });
  expect(await told(daemon, "on_failed")).toMatchObject({
    HEARTH_HOOK_STATE: "failed",
    HEARTH_HOOK_INCARNATION: "0",
    HEARTH_HOOK_REASON: expect.stringMatching(reason),
  });
});

test("one that fails is in the daemon's log, with the end of what it wrote", async () => {
  const script = 'head -c 300000 /dev/zero | tr "\\0" "x"; echo; echo no route to host >&2; exit 7';
  const daemon = await startDaemon({ config: { agents: { agent: agentWith({ on_ready: ["sh", "-c", script] }) } } });
  await daemon.call("agent.start", { agent: "agent" });
  const entry = await logged(daemon.home, "a hook failed");
  expect(entry).toMatchObject({ level: "warn", agent: "agent", hook: "on_ready", detail: "sh exited with code 7" });
  expect(entry.output).toMatch(/^x+\nno route to host\n$/);
  expect(String(entry.output).length).toBe(4_096);
});

test("one whose program is missing is in the daemon's log, with where it was looked for", async () => {
  const daemon = await startDaemon({ config: { agents: { agent: agentWith({ on_ready: "no-such-hook --now" }) } } });
  await daemon.call("agent.start", { agent: "agent", wait: true });
  const { detail } = await logged(daemon.home, "a hook failed");
  expect(detail).toMatch(/^command not found: no-such-hook \(searched PATH /);
});

test("one that hangs or floods holds up neither the daemon nor its agent, and both end with the daemon", async () => {
  const home = newHome();
  const hang = ["sh", "-c", 'trap "" TERM; setsid sleep 60 & echo "$$ $!" >new; mv new hanging; wait'];
  const agents = {
    hangs: agentWith({ on_ready: hang, on_exit: TELL }),
    floods: agentWith({ on_ready: ["sh", "-c", "echo >flooding; exec yes"] }),
  };
  const daemon = await startDaemon({ home, config: { agents } });
  await daemon.call("agent.start", { agent: "*" });
  await eventually(() => existsSync(`${home}/hanging`) && existsSync(`${home}/flooding`), "both are run");
  const { agents: restarted } = await daemon.call("agent.restart", { agent: "*", wait: true });
  expect(restarted).toMatchObject([{ ready: true }, { ready: true }]);
  const pids = readFileSync(`${home}/hanging`, "utf8").trim().split(" ").map(Number);
  expect(pids.every(isRunning)).toBe(true);
  expect(await daemon.stop()).toMatchObject({ code: 0 });
  await eventually(() => processesOf(home).length === 0 && !pids.some(isRunning), "everything is gone");
  expect(await logged(home, "a hook failed")).toMatchObject({
    detail: "sh was ended: the daemon is stopping",
  });
  expect(await logged(home, "hooks were dropped")).toMatchObject({ why: "the daemon is stopping" });
  expect(existsSync(`${home}/on_exit`)).toBe(false);
});

test("on_exit is run when the daemon stops its agents", async () => {
  const home = newHome();
  const record = ["sh", "-c", 'sleep 0.1; echo "$HEARTH_HOOK_AGENT $HEARTH_HOOK_CAUSE" >>ends'];
  const agents = { one: agentWith({ on_exit: record }), two: agentWith({ on_exit: record }) };
  const daemon = await startDaemon({ home, config: { agents } });
  await daemon.call("agent.start", { agent: "*", wait: true });
  await daemon.stop();
  const ends = readFileSync(`${home}/ends`, "utf8").trimEnd().split("\n").sort();
  expect(ends).toEqual(["one stop requested", "two stop requested"]);
});

test("nothing of a hook counts as the agent's: it outlives the session it tells of", async () => {
  const script = 'while [ ! -e go ]; do sleep 0.01; done; echo "$HEARTH_HOOK" >>over';
  const agent = agentWith({ on_ready: ["sh", "-c", script] });
  const daemon = await startDaemon({ config: { agents: { agent } } });
  await daemon.call("agent.start", { agent: "agent", wait: true });
  await daemon.call("agent.stop", { agent: "agent" });
  expect(await daemon.agent("agent")).toMatchObject({ state: "stopped" });
  writeFileSync(daemon.path("go"), "");
  await eventually(() => existsSync(daemon.path("over")), "the hook goes on");
});

test("an adopted session is not told of again; what happens to it then is", async () => {
  const home = newHome();
  const count = (name: string) => ["sh", "-c", `echo "$HEARTH_HOOK_INCARNATION" >>${name}`];
  const agent = agentWith({ on_ready: count("readies"), on_exit: count("exits"), autostart: true });
  const first = await startDaemon({ home, config: { agents: { agent } } });
  await logged(home, "a hook was run");
  await first.kill();
  const next = await first.startAgain();
  await next.event("agent.adopted", "agent");
  await next.call("agent.restart", { agent: "agent", wait: true });
  const counted = (name: string) => (existsSync(`${home}/${name}`) ? readFileSync(`${home}/${name}`, "utf8") : "");
  await eventually(() => counted("exits").endsWith("\n") && counted("readies").endsWith("2\n"), "both");
  expect([counted("readies"), counted("exits")]).toEqual(["1\n2\n", "1\n"]);
});

test("a changed hook is taken on by a reload without a restart", async () => {
  const home = newHome();
  const daemon = await startDaemon({ home, config: { agents: { agent: agentWith({}) } } });
  await daemon.call("agent.start", { agent: "agent", wait: true });
  appendFileSync(`${home}/hearth.toml`, `on_exit = ${JSON.stringify(TELL)}\n`);
  expect(await daemon.call("daemon.reload", {})).toMatchObject({ changed: ["agent"] });
  expect(await daemon.agent("agent")).toMatchObject({ incarnation: 1, state: "running" });
  await daemon.call("agent.stop", { agent: "agent" });
  expect(await told(daemon, "on_exit")).toMatchObject({ HEARTH_HOOK_INCARNATION: "1" });
});
