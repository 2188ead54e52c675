import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join, resolve } from "node:path";
import { parse } from "smol-toml";
import { afterEach, beforeEach, expect, test } from "vitest";
import type { AgentDefinition, HearthToml } from "../../protocol/definition.js";
import { configure, startDaemon, type TestDaemon } from "../support/daemon.js";
import { eventually, PATIENCE_MS } from "../support/deadline.js";

const example = resolve(import.meta.dirname, "../../examples/town");
const defined = parse(readFileSync(join(example, "hearth.toml"), "utf8")).agents as Record<string, AgentDefinition>;

/** The examples are for a quick machine. */
const PATIENCE = `${PATIENCE_MS}ms`;

let programs: string;

beforeEach(() => {
  programs = mkdtempSync(join(tmpdir(), "hearth-town-"));
  mkdirSync(join(programs, "bin"));
  symlinkSync(resolve(example, "../../dist/hearth.cjs"), join(programs, "bin", "hearth"));
});

afterEach(() => rmSync(programs, { recursive: true }));

/** The agents as they are defined, but for their heartbeat and the time they have for their start; no others are there. */
function town(names: readonly string[], interval: string, startupGrace = PATIENCE): HearthToml {
  const agents = names.map((name) => {
    const { depends_on = [], ready, ...definition } = defined[name] ?? { command: "missing from hearth.toml" };
    const own = {
      ...definition,
      cwd: example,
      depends_on: depends_on.filter((other) => names.includes(other)),
      heartbeat: { ...definition.heartbeat, interval, startup_grace: startupGrace },
    };
    return [name, ready === undefined ? own : { ...own, ready: { ...ready, timeout: PATIENCE } }] as const;
  });
  return { agents: Object.fromEntries(agents) };
}

function startTown(names: readonly string[], interval = "500ms"): Promise<TestDaemon> {
  const PATH = [join(programs, "bin"), process.env.PATH].join(delimiter);
  return startDaemon({ config: town(names, interval), env: { PATH } });
}

async function printed(daemon: TestDaemon, agent: string): Promise<readonly string[]> {
  return (await daemon.call("agent.logs", { agent })).lines;
}

test("the mayor hands over when it has heard enough, and its successor tells the clerk", async () => {
  const daemon = await startTown(["mayor", "clerk"]);
  const { data } = await daemon.event("lifecycle.done", "mayor");
  expect(data).toMatchObject({ from: "mayor", action: "cycle", incarnation: { before: 1, after: 2 } });
  await daemon.event("handoff.taken", "mayor");
  await eventually(async () => {
    const { lines } = await daemon.call("agent.capture", { agent: "clerk" });
    return lines.includes("a new mayor is in office");
  }, "the clerk's terminal shows what the mayor had typed there");
  const lines = await printed(daemon, "mayor");
  expect(lines.slice(0, 5)).toEqual([
    "nobody was mayor before",
    ...[1, 2, 3].map((count) => `heartbeat ${count}: Is there anything new in town?`),
    "context is full: asking for a successor",
  ]);
  expect(lines).toContain("handoff: 3 heartbeats heard, no news; the clerk has not been told yet");
});

test("the mayor hears the heartbeats of the daemon that comes after a crash", async () => {
  // Slow enough for the daemon to be gone long before the mayor has heard enough.
  const daemon = await startTown(["mayor"], "2s");
  await daemon.event("beat", "mayor");
  await daemon.kill();
  const next = await daemon.startAgain();
  expect((await next.event("agent.adopted", "mayor")).data).toMatchObject({ incarnation: 1 });
  expect((await next.event("beat", "mayor")).data).toMatchObject({ status: expect.stringMatching(/^heartbeat [23]$/) });
});

test("the witness beats until it hangs, is restarted by the watchdog, and then goes on", async () => {
  // Its rounds take as long as it takes to start a program: it is hurried only once it hangs.
  const daemon = await startTown(["witness"], "1h");
  for (const round of [1, 2, 3]) {
    expect((await daemon.event("beat", "witness")).data).toMatchObject({ status: `round ${round}` });
  }
  const change = async (config: HearthToml): Promise<void> => {
    configure(daemon.home, config);
    await daemon.call("daemon.reload", {});
  };
  await change(town(["witness"], "500ms", "5s"));
  await daemon.event("watchdog.missed", "witness");
  await change(town(["witness"], "1h"));
  expect((await daemon.event("beat", "witness")).data).toMatchObject({ status: "round 1" });
  const status = await daemon.agent("witness");
  expect(status).toMatchObject({ incarnation: 2, restarts: 1, lastExit: { reason: "watchdog" } });
});

test("the clerk's shell ends when it is told to, well before it would be killed", async () => {
  const daemon = await startTown(["clerk"]);
  await daemon.until("clerk", ({ state }) => state === "running");
  const { agents } = await daemon.call("agent.stop", { agent: "clerk", wait: true });
  expect(agents).toMatchObject([{ state: "stopped", lastExit: { signal: "SIGHUP" } }]);
});
