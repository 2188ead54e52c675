// A client that floods, stalls or sends enormous frames costs the others nothing they would notice: it is measured how long
// the daemon is at work before it answers, which is the same on a machine that is busy with something else.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { connect, type Socket } from "node:net";
import { expect, onTestFinished, test } from "vitest";
import { sh, startDaemon, type TestDaemon } from "../support/daemon.js";
import { eventually } from "../support/deadline.js";
import { workedMs } from "../support/processes.js";

const MiB = 1024 * 1024;
const FOR_MS = 3_000;

async function attached(daemon: TestDaemon): Promise<Socket> {
  const socket = connect(daemon.descriptor.socketPath);
  onTestFinished(() => {
    socket.destroy();
  });
  await once(socket, "connect");
  // The daemon is stopped while it still floods.
  socket.on("error", () => {});
  const { token } = daemon.descriptor;
  socket.write(`${JSON.stringify({ jsonrpc: "2.0", id: 0, method: "system.attach", params: { token } })}\n`);
  await once(socket, "data");
  return socket;
}

/** Asks without ever reading an answer, until nothing more is taken from it. Gives the bytes that were taken. */
function floodUnread(socket: Socket): () => number {
  const requests = Buffer.from(`${JSON.stringify({ jsonrpc: "2.0", id: 1, method: "agent.list" })}\n`.repeat(1_000));
  socket.pause();
  let taken = 0;
  const next = (): void => {
    socket.write(requests, (error) => {
      if (error) return;
      taken += requests.length;
      next();
    });
  };
  next();
  return () => taken;
}

/** A program of its own, so that what it does is not counted as the daemon's: one enormous frame after the other. */
const ENORMOUS = `
const { socketPath, token } = JSON.parse(process.argv[1]);
const socket = require("node:net").connect(socketPath);
const line = (message) => JSON.stringify({ jsonrpc: "2.0", ...message }) + "\\n";
const params = { padding: "x".repeat(16 * 1024 * 1024 - 1000) };
const frame = Buffer.from(line({ id: 1, method: "system.ping", params }));
socket.write(line({ id: 0, method: "system.attach", params: { token } }));
socket.on("error", () => process.exit(1));
socket.on("data", (chunk) => {
  for (const byte of chunk) if (byte === 10) { process.stdout.write("."); socket.write(frame); }
});
`;

/** Gives how many frames were answered. */
function sendEnormous({ descriptor }: TestDaemon): () => number {
  const { socketPath, token } = descriptor;
  const sender = spawn(process.execPath, ["-e", ENORMOUS, JSON.stringify({ socketPath, token })], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  // It ends by itself when the daemon is stopped first.
  const gone = once(sender, "exit");
  onTestFinished(async () => {
    sender.kill("SIGKILL");
    await gone;
  });
  let answers = 0;
  sender.stdout.on("data", (dots: Buffer) => {
    answers += dots.length;
  });
  return () => answers - 1;
}

function residentBytes(pid: number): number {
  return Number(readFileSync(`/proc/${pid}/statm`, "utf8").split(" ")[1]) * 4_096;
}

interface Measured {
  /** In milliseconds. */
  readonly p99: number;
  readonly peakBytes: number;
  /** For people. */
  readonly seen: string;
}

/**
 * Measures once more what comes out too slow: a busy machine may let the one who asks have so few turns that
 * more than one answer in a hundred meets a whole frame, which takes some 20 ms. Where enormous frames are read without a
 * rest, both come out so.
 */
async function measureAtItsPace(daemon: TestDaemon): Promise<Measured> {
  const first = await measure(daemon);
  if (first.p99 < 20) return first;
  const second = await measure(daemon);
  return { ...second, peakBytes: Math.max(first.peakBytes, second.peakBytes) };
}

/** Asks one thing after the other for a while. */
async function measure(daemon: TestDaemon): Promise<Measured> {
  const times: number[] = [];
  let peakBytes = 0;
  const until = performance.now() + FOR_MS;
  while (performance.now() < until) {
    const before = workedMs(daemon.pid);
    await daemon.call("agent.list", {});
    times.push(workedMs(daemon.pid) - before);
    if (times.length % 64 === 0) peakBytes = Math.max(peakBytes, residentBytes(daemon.pid));
  }
  times.sort((one, other) => one - other);
  const p99 = times[Math.floor(times.length * 0.99)] ?? Number.POSITIVE_INFINITY;
  return { p99, peakBytes, seen: `${times.length} calls, p99 ${p99} ms, at most ${peakBytes / MiB} MiB` };
}

test("with one client that floods unread and one that sends 16 MiB frames, another's agent.list comes after under 20 ms of work at p99", async () => {
  const names = Array.from({ length: 10 }, (_, index) => [`a${index}`, sh("exec sleep 60")] as const);
  const daemon = await startDaemon({ config: { agents: Object.fromEntries(names) } });
  const taken = floodUnread(await attached(daemon));
  const enormous = sendEnormous(daemon);
  await eventually(() => taken() > 0 && enormous() > 0, "both are at it");
  const takenAtFirst = taken();
  const { p99, peakBytes, seen } = await measureAtItsPace(daemon);
  expect(p99, seen).toBeLessThan(20);
  expect(peakBytes, seen).toBeLessThan(400 * MiB);
  // What it never reads the answers of is not taken for ever: the kernel's buffers and a bounded outbox, no more.
  expect(taken() - takenAtFirst).toBeLessThan(8 * MiB);
});
