// How fast an agent writes, against the same command with its output in a file, and what that costs the daemon.

import { spawn } from "node:child_process";
import { once } from "node:events";
import { closeSync, openSync, rmSync, truncateSync } from "node:fs";
import { join } from "node:path";
import { processorSeconds } from "./processor.mjs";
import { HearthSubject } from "./programs.mjs";
import { figureOf, interleave } from "./statistics.mjs";
import { atLeast, below } from "./targets.mjs";

const BLOCK = 65_536;
const MIB = 1_048_576;
/** What seeing an agent start and end costs is in it; copying a byte of each block would be more. */
const DAEMON_MS = 10;

export async function output({ directory, effort, defer }) {
  const { outputMiB } = effort;
  const command = ["dd", "if=/dev/zero", `bs=${BLOCK}`, `count=${(outputMiB * MIB) / BLOCK}`, "status=none"];
  const config = `daemon.log_max_size = "1000GB"\nagents.writer.command = ${JSON.stringify(command)}\n`;
  const hearth = await HearthSubject.serving(join(directory, "output"), { config, defer });
  const writer = await writerOf(hearth, { defer });
  const file = join(directory, "output.txt");
  const seconds = await interleave(
    { agent: () => writer.seconds(), redirected: () => redirectedSeconds(command, file) },
    { rounds: effort.outputRounds },
  );
  rmSync(file);
  await writer.end();
  await hearth.stop();
  const rate = { agent: rateOf(seconds.agent, outputMiB), redirected: rateOf(seconds.redirected, outputMiB) };
  const most = figureOf([writer.mostMs]);
  return [
    {
      row: `agent output, ${outputMiB} MiB`,
      unit: "MiB/s",
      ...rate.agent,
      floors: [atLeast("> file", rate.agent, rate.redirected, 0.95)],
    },
    {
      row: "daemon's processor time while an agent writes, at most",
      unit: "ms",
      ...most,
      floors: [below(most, DAEMON_MS, "ms")],
    },
  ];
}

/** The longest time is the lowest rate. */
function rateOf({ value, low, high, samples }, mebibytes) {
  return { value: mebibytes / value, low: mebibytes / high, high: mebibytes / low, samples };
}

/** An agent that writes and ends; from the moment it runs until its end is told. */
async function writerOf(hearth, { defer }) {
  const client = await hearth.client({ defer });
  const events = (await client.subscribe({ types: ["agent.running", "agent.exited"] }))[Symbol.asyncIterator]();
  const { pid } = hearth.descriptor;
  const { logFile } = await client.call("agent.get", { agent: "writer" });
  const writer = {
    mostMs: 0,
    async seconds() {
      await client.call("agent.start", { agent: "writer", wait: false });
      await events.next();
      const before = { at: performance.now(), used: processorSeconds(pid) };
      await events.next();
      writer.mostMs = Math.max(writer.mostMs, (processorSeconds(pid) - before.used) * 1_000);
      const took = performance.now() - before.at;
      truncateSync(logFile);
      return took / 1_000;
    },
    end: () => client.close(),
  };
  return writer;
}

async function redirectedSeconds([program, ...args], path) {
  const file = openSync(path, "w");
  const before = performance.now();
  const child = spawn(program, args, { stdio: ["ignore", file, file] });
  await once(child, "exit");
  const took = performance.now() - before;
  closeSync(file);
  truncateSync(path);
  return took / 1_000;
}
