// The rows of the table, each measured beside its floors in the same run.

import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { acknowledgements } from "./acknowledgements.mjs";
import { connections } from "./connections.mjs";
import { heartbeats } from "./heartbeats.mjs";
import { idle } from "./idle.mjs";
import { batches, CONTENT_LENGTH_FRAMING, LoadClient, NEWLINE_FRAMING, pings } from "./load.mjs";
import { atRest, pssKb, rssKb } from "./memory.mjs";
import { onOneCore } from "./one-core.mjs";
import { output } from "./output.mjs";
import { HEARTH, HearthSubject, Pm2Subject, startFloor } from "./programs.mjs";
import { respawn } from "./respawn.mjs";
import { adoptingMany, firstAnswer, startingMany } from "./starts.mjs";
import { interleave, median } from "./statistics.mjs";
import { atLeast, atMost } from "./targets.mjs";

const ONE_CALL = fileURLToPath(new URL("floors/one-call.cjs", import.meta.url));
const IDLE_AGENTS = 10;
const GROWN_AGENTS = 210;
const FURTHER_AGENTS = 300;
/** The only target that is no ratio: there is nothing to compare it with. */
const PER_AGENT_KB = 30;
const CALLS_PER_BATCH = 64;
/** Batches in flight: enough to keep every server busy, few enough for none to refuse. */
const WINDOW = 4;

/** Every server answers for this long before it is measured: daemons live for weeks, so their compiled code counts. */
const WARM_UP_MS = 3000;

/** How the calls of a full run and of `--quick` differ. */
const FULL = {
  wallRounds: 25,
  latencyRounds: 15,
  latencyCalls: 2000,
  pipelineRounds: 11,
  pipelineBatches: 600,
  memoryRounds: 5,
  acknowledgementRounds: 6,
  fanOutRounds: 41,
  manyRounds: 5,
  respawns: 200,
  idleSeconds: 60,
  outputRounds: 7,
  outputMiB: 1024,
};
const QUICK = {
  wallRounds: 7,
  latencyRounds: 5,
  latencyCalls: 500,
  pipelineRounds: 3,
  pipelineBatches: 150,
  memoryRounds: 1,
  acknowledgementRounds: 3,
  fanOutRounds: 11,
  manyRounds: 2,
  respawns: 50,
  idleSeconds: 15,
  outputRounds: 3,
  outputMiB: 256,
};

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

async function statusWall({ hearth, pm2, effort }) {
  const { socketPath, token } = hearth.descriptor;
  const { status, oneCall, jlist } = await interleave(
    {
      status: () => wallMs(HEARTH, ["status", "--json"], hearth.environment),
      oneCall: () => wallMs(ONE_CALL, [socketPath], { ...hearth.environment, HEARTH_TOKEN: token }),
      jlist: () => wallMs(pm2.program, ["jlist"], pm2.environment),
    },
    { rounds: effort.wallRounds },
  );
  return {
    row: "hearth status --json, wall",
    unit: "ms",
    value: status,
    floors: [atMost("bare Node, one call", status, oneCall, 1.3), atMost("pm2 jlist", status, jlist, 0.5)],
  };
}

async function attach({ hearth, defer }, framing = NEWLINE_FRAMING) {
  const { socketPath, token } = hearth.descriptor;
  const client = await LoadClient.connect(socketPath, { defer });
  const call = `{"jsonrpc":"2.0","id":0,"method":"system.attach","params":{"token":"${token}"}}`;
  await client.exchange(framing.frame(call), framing.newlinesPerAnswer);
  return client;
}

async function oneInFlight({ hearth, directory, effort, defer }) {
  const echo = await startFloor("echo-server.cjs", { socketPath: join(directory, "echo.sock"), defer });
  const clients = { call: await attach({ hearth, defer }), echo: await LoadClient.connect(echo.socketPath, { defer }) };
  const [bytes] = batches(pings(1), { size: 1, framing: NEWLINE_FRAMING });
  const measure = (client) => () => client.latencyUs(bytes, { calls: effort.latencyCalls });
  const p50 = await onOneCore([hearth.descriptor.pid, echo.pid], () =>
    interleave(
      { call: measure(clients.call), echo: measure(clients.echo) },
      { rounds: effort.latencyRounds, warmUpMs: WARM_UP_MS },
    ),
  );
  return {
    row: "one call, one in flight, p50",
    unit: "us",
    value: p50.call,
    floors: [atMost("raw Node socket echo", p50.call, p50.echo, 1.3)],
  };
}

function pipeline(client, framing, { pipelineBatches }) {
  const buffers = batches(pings(pipelineBatches * CALLS_PER_BATCH), { size: CALLS_PER_BATCH, framing });
  const shape = { callsPerBatch: CALLS_PER_BATCH, newlinesPerAnswer: framing.newlinesPerAnswer, window: WINDOW };
  return () => client.callsPerSecond(buffers, shape);
}

async function pipelined({ hearth, directory, packages, effort, defer }) {
  const env = { NODE_PATH: join(packages, "node_modules") };
  const alone = await startFloor("json-rpc-server.mjs", { socketPath: join(directory, "json-rpc.sock"), defer });
  const vscode = await startFloor("vscode-server.cjs", { socketPath: join(directory, "vscode.sock"), env, defer });
  const clients = {
    hearth: await attach({ hearth, defer }),
    editor: await attach({ hearth, defer }, CONTENT_LENGTH_FRAMING),
    alone: await LoadClient.connect(alone.socketPath, { defer }),
    vscode: await LoadClient.connect(vscode.socketPath, { defer }),
  };
  const rate = await interleave(
    {
      hearth: pipeline(clients.hearth, NEWLINE_FRAMING, effort),
      editor: pipeline(clients.editor, CONTENT_LENGTH_FRAMING, effort),
      alone: pipeline(clients.alone, NEWLINE_FRAMING, effort),
      vscode: pipeline(clients.vscode, CONTENT_LENGTH_FRAMING, effort),
    },
    { rounds: effort.pipelineRounds, warmUpMs: WARM_UP_MS },
  );
  return [
    {
      row: "pipelined calls",
      unit: "calls/s",
      value: rate.hearth,
      floors: [
        atLeast("json-rpc-2.0 alone", rate.hearth, rate.alone, 0.8),
        atLeast("vscode-jsonrpc", rate.hearth, rate.vscode, 4),
      ],
    },
    {
      row: "pipelined calls, Content-Length",
      unit: "calls/s",
      value: rate.editor,
      floors: [atLeast("vscode-jsonrpc", rate.editor, rate.vscode, 4)],
    },
  ];
}

/**
 * One fresh daemon, measured with few agents, and for what each further one adds. Before the first of those two sizes it
 * has grown once already: the code that this loads and compiles is paid for only once, whatever the number of agents.
 */
async function measureDaemon(home, { defer }) {
  const hearth = await HearthSubject.start(home, { agents: IDLE_AGENTS, defer });
  const { pid } = hearth.descriptor;
  const idle = await memoryAtRest(pid);
  await hearth.growTo(GROWN_AGENTS);
  const grown = await memoryAtRest(pid);
  await hearth.growTo(GROWN_AGENTS + FURTHER_AGENTS);
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

async function memory({ pm2, directory, effort, defer }) {
  const taken = { hearth: [], bare: [], pm2: [], perAgentRss: [], perAgentPss: [] };
  for (let round = 0; round < effort.memoryRounds; round += 1) {
    const { idle, perAgentKb } = await measureDaemon(join(directory, `memory-${round}`), { defer });
    taken.hearth.push(idle.rss);
    taken.perAgentRss.push(perAgentKb("rss"));
    taken.perAgentPss.push(perAgentKb("pss"));
    taken.bare.push(await measureBareServer(join(directory, `bare-${round}.sock`), { defer }));
    taken.pm2.push(rssKb(pm2.pid));
  }
  return Object.fromEntries(Object.entries(taken).map(([name, values]) => [name, median(values)]));
}

function perAgentRow(kind, value) {
  return {
    row: `memory per further agent, ${kind}`,
    unit: "kB",
    value,
    floors: [{ floor: null, target: `<= ${PER_AGENT_KB} kB`, met: value <= PER_AGENT_KB }],
  };
}

async function memoryRows(subjects) {
  const { hearth, bare, pm2, perAgentRss, perAgentPss } = await memory(subjects);
  return [
    {
      row: `daemon RSS, ${IDLE_AGENTS} idle agents`,
      unit: "kB",
      value: hearth,
      floors: [atMost("bare Node socket server", hearth, bare, 1.25), atMost("pm2's daemon", hearth, pm2, 1)],
    },
    perAgentRow("RSS", perAgentRss),
    ...(pssKb(process.pid) === null ? [] : [perAgentRow("PSS", perAgentPss)]),
  ];
}

/**
 * Measures every row. `directory` is scratch space, `packages` holds the competitors, and `defer` takes what must be done
 * at the end to leave nothing behind.
 */
export async function measureRows({ directory, packages, quick, defer }) {
  const pm2 = await Pm2Subject.start(join(directory, "pm2"), { packages, agents: IDLE_AGENTS, defer });
  const hearth = await HearthSubject.start(join(directory, "home"), { agents: IDLE_AGENTS, defer });
  const subjects = { hearth, pm2, directory, packages, effort: quick ? QUICK : FULL, defer };
  const measurements = [
    statusWall,
    oneInFlight,
    pipelined,
    memoryRows,
    firstAnswer,
    startingMany,
    adoptingMany,
    respawn,
    output,
    acknowledgements,
    connections,
    heartbeats,
    idle,
  ];
  const rows = [];
  for (const measure of measurements) rows.push(await measure(subjects));
  return rows.flat();
}
