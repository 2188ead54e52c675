// The rows of the table that are about calls and memory, each measured beside its floors in the same run.

import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { batches, CONTENT_LENGTH_FRAMING, LoadClient, NEWLINE_FRAMING, pings } from "./load.mjs";
import { atRest, pssKb, rssKb, settled } from "./memory.mjs";
import { onOneCore } from "./one-core.mjs";
import { idlePrograms } from "./peers/programs.mjs";
import { HEARTH, HearthSubject, startFloor } from "./programs.mjs";
import { figureOf, interleave } from "./statistics.mjs";
import { absent, atLeast, atMost, noMoreThan } from "./targets.mjs";

const ONE_CALL = fileURLToPath(new URL("floors/one-call.cjs", import.meta.url));
const IDLE_AGENTS = 10;
const GROWN_AGENTS = 210;
const FURTHER_AGENTS = 300;
/** The only target that is no ratio: there is nothing to compare it with. */
const PER_AGENT_KB = 30;
const CALLS_PER_BATCH = 64;
/** Batches in flight: enough to keep every server busy, few enough for none to refuse. */
const WINDOW = 4;

/** Wall time of a program from its start to its end, in milliseconds. */
function wallMs(program, args, env) {
  const before = performance.now();
  const { status, stderr } = spawnSync(process.execPath, [program, ...args], {
    env,
    stdio: ["ignore", "pipe", "pipe"],
  });
  if (status !== 0) throw new Error(`${program} ${args.join(" ")} ended with ${status}: ${stderr}`);
  return performance.now() - before;
}

/** pm2 with as many idle programs as Hearth has agents, or null when it can't be had. */
async function idlePm2({ pm2, directory, defer }, label) {
  if (pm2.missing !== undefined) return null;
  const { peer, register } = idlePrograms(pm2, { directory, label, count: IDLE_AGENTS, defer });
  await peer.start();
  await register.started(IDLE_AGENTS);
  return peer;
}

export async function statusWall(bench) {
  const { directory, effort, defer } = bench;
  const hearth = await HearthSubject.start(join(directory, "status"), { agents: IDLE_AGENTS, defer });
  const pm2 = await idlePm2(bench, "status");
  const { socketPath, token } = hearth.descriptor;
  const { status, oneCall, jlist } = await interleave(
    {
      status: () => wallMs(HEARTH, ["status", "--json"], hearth.environment),
      oneCall: () => wallMs(ONE_CALL, [socketPath], { ...hearth.environment, HEARTH_TOKEN: token }),
      ...(pm2 === null ? {} : { jlist: () => pm2.statusMs() }),
    },
    { rounds: effort.wallRounds },
  );
  await hearth.stop();
  await pm2?.end();
  const beside = pm2 === null ? absent("pm2 jlist", bench.pm2.missing) : atMost("pm2 jlist", status, jlist, 0.5);
  return {
    row: "`hearth status --json`, wall",
    unit: "ms",
    ...status,
    floors: [atMost("bare Node, one call", status, oneCall, 1.3), beside],
  };
}

async function attach({ hearth, defer }, framing = NEWLINE_FRAMING) {
  const { socketPath, token } = hearth.descriptor;
  const client = await LoadClient.connect(socketPath, { defer });
  const call = `{"jsonrpc":"2.0","id":0,"method":"system.attach","params":{"token":"${token}"}}`;
  await client.exchange(framing.frame(call), framing.newlinesPerAnswer);
  return client;
}

export async function oneInFlight({ directory, effort, defer }) {
  const hearth = await HearthSubject.start(join(directory, "one-call"), { agents: IDLE_AGENTS, defer });
  const echo = await startFloor("echo-server.cjs", { socketPath: join(directory, "echo.sock"), defer });
  const clients = { call: await attach({ hearth, defer }), echo: await LoadClient.connect(echo.socketPath, { defer }) };
  const [bytes] = batches(pings(1), { size: 1, framing: NEWLINE_FRAMING });
  const measure = (client) => () => client.latencyUs(bytes, { calls: effort.latencyCalls });
  const p50 = await onOneCore([hearth.descriptor.pid, echo.pid], () =>
    interleave(
      { call: measure(clients.call), echo: measure(clients.echo) },
      { rounds: effort.latencyRounds, warmUpMs: effort.warmUpMs },
    ),
  );
  await hearth.stop();
  return {
    row: "one call, one in flight, p50",
    unit: "us",
    ...p50.call,
    floors: [atMost("raw Node socket echo", p50.call, p50.echo, 1.3)],
  };
}

function pipeline(client, framing, { pipelineBatches }) {
  const buffers = batches(pings(pipelineBatches * CALLS_PER_BATCH), { size: CALLS_PER_BATCH, framing });
  const shape = { callsPerBatch: CALLS_PER_BATCH, newlinesPerAnswer: framing.newlinesPerAnswer, window: WINDOW };
  return () => client.callsPerSecond(buffers, shape);
}

export async function pipelined({ node, directory, effort, defer }) {
  const hearth = await HearthSubject.start(join(directory, "pipelined"), { agents: IDLE_AGENTS, defer });
  const alone = await startFloor("json-rpc-server.mjs", { socketPath: join(directory, "json-rpc.sock"), defer });
  const client = await LoadClient.connect(alone.socketPath, { defer });
  const rate = await interleave(
    {
      hearth: pipeline(await attach({ hearth, defer }), NEWLINE_FRAMING, effort),
      editor: pipeline(await attach({ hearth, defer }, CONTENT_LENGTH_FRAMING), CONTENT_LENGTH_FRAMING, effort),
      alone: pipeline(client, NEWLINE_FRAMING, effort),
      ...(await vscodePipeline({ node, directory, effort, defer })),
    },
    { rounds: effort.pipelineRounds, warmUpMs: effort.warmUpMs },
  );
  await hearth.stop();
  const besideVscode = (figure) =>
    rate.vscode === undefined
      ? absent("vscode-jsonrpc", node.missing)
      : atLeast("vscode-jsonrpc", figure, rate.vscode, 4);
  return [
    {
      row: "pipelined calls",
      unit: "calls/s",
      ...rate.hearth,
      floors: [atLeast("json-rpc-2.0 alone", rate.hearth, rate.alone, 0.8), besideVscode(rate.hearth)],
    },
    {
      row: "pipelined calls, Content-Length",
      unit: "calls/s",
      ...rate.editor,
      floors: [besideVscode(rate.editor)],
    },
  ];
}

async function vscodePipeline({ node, directory, effort, defer }) {
  if (node.missing !== undefined) return {};
  const env = { NODE_PATH: node.modules };
  const { socketPath } = await startFloor("vscode-server.cjs", {
    socketPath: join(directory, "vscode.sock"),
    env,
    defer,
  });
  const client = await LoadClient.connect(socketPath, { defer });
  return { vscode: pipeline(client, CONTENT_LENGTH_FRAMING, effort) };
}

/**
 * One fresh daemon, measured with few agents, and for what each further one adds. Before the first of those two sizes it
 * has grown once already: the code that this loads and compiles is paid for only once, whatever the number of agents.
 */
async function measureDaemon(home, { defer }) {
  const hearth = await HearthSubject.start(home, { agents: IDLE_AGENTS, defer });
  const { pid } = hearth.descriptor;
  await settled();
  const idle = await memoryAtRest(pid);
  await hearth.growTo(GROWN_AGENTS, { defer });
  const grown = await memoryAtRest(pid);
  await hearth.growTo(GROWN_AGENTS + FURTHER_AGENTS, { defer });
  const many = await memoryAtRest(pid);
  await hearth.stop();
  return { idle, perAgentKb: (kind) => (many[kind] - grown[kind]) / FURTHER_AGENTS };
}

async function memoryAtRest(pid) {
  await atRest(pid);
  return { rss: rssKb(pid), pss: pssKb(pid) };
}

async function measureBareServer(socketPath, { defer }) {
  const server = await startFloor("echo-server.cjs", { socketPath, defer });
  const { rss } = await memoryAtRest(server.pid);
  await server.stop();
  return rss;
}

async function memory({ directory, effort, defer }, pm2) {
  const taken = { hearth: [], bare: [], pm2: [], perAgentRss: [], perAgentPss: [] };
  for (let round = 0; round < effort.memoryRounds; round += 1) {
    const { idle, perAgentKb } = await measureDaemon(join(directory, `memory-${round}`), { defer });
    taken.hearth.push(idle.rss);
    taken.perAgentRss.push(perAgentKb("rss"));
    taken.perAgentPss.push(perAgentKb("pss"));
    taken.bare.push(await measureBareServer(join(directory, `bare-${round}.sock`), { defer }));
    taken.pm2.push(...(pm2?.ownProcesses() ?? []).map(rssKb));
  }
  return Object.fromEntries(Object.entries(taken).map(([name, values]) => [name, figureOf(values)]));
}

function perAgentRow(kind, figure) {
  const floors = [noMoreThan(figure, PER_AGENT_KB, "kB")];
  return { row: `memory per further agent, ${kind}`, unit: "kB", ...figure, floors };
}

export async function memoryRows(bench) {
  const pm2 = await idlePm2(bench, "memory");
  const taken = await memory(bench, pm2);
  await pm2?.end();
  const { hearth, bare, perAgentRss, perAgentPss } = taken;
  const name = "pm2's daemon";
  return [
    {
      row: `daemon RSS, ${IDLE_AGENTS} idle agents`,
      unit: "kB",
      ...hearth,
      floors: [
        atMost("bare Node socket server", hearth, bare, 1.25),
        pm2 === null ? absent(name, bench.pm2.missing) : atMost(name, hearth, taken.pm2, 1),
      ],
    },
    perAgentRow("RSS", perAgentRss),
    perAgentRow("PSS", perAgentPss),
  ];
}
