// Carries out one case against a live daemon and collects what came back.
import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { within } from "../deadline.js";
import type { Case } from "./cases.js";
import { judge, type KnownMethod, type Owed, type Verdict } from "./oracle.js";

/** What came back, and what should have. */
export interface Outcome {
  readonly expected: readonly string[];
  readonly received: readonly string[];
}

/** @returns null when the client left without waiting: then only the daemon's survival counts */
export async function attack(
  daemon: { readonly socketPath: string; readonly token: string },
  known: readonly KnownMethod[],
  trouble: Case,
): Promise<Outcome | null> {
  const isContent = /^[Cc]/.test(trouble.bytes.toString("latin1", 0, 1));
  const frame = (message: object): Buffer => framed(JSON.stringify(message), { isContent });
  const attach = frame({ jsonrpc: "2.0", id: "attach", method: "system.attach", params: { token: daemon.token } });
  const verdict = judge(trouble.bytes, known);
  const socket = connect({ path: daemon.socketPath, allowHalfOpen: true });
  await once(socket, "connect");
  const arrived = collect(socket);
  const ping = frame({ jsonrpc: "2.0", id: "last", method: "system.ping" });
  const asksLast = trouble.leaving === "politely" && !verdict.unfinished && !verdict.closes;
  await send(socket, [attach, ...pieces(trouble), ...(asksLast ? [ping] : [])]);
  if (trouble.leaving === "at once") {
    socket.destroy();
    return null;
  }
  if (!verdict.closes) socket.end();
  await within(once(socket, "close"), () => `the daemon ends the connection; so far ${arrived().length} bytes`);
  return { expected: expectedOf(verdict, { asksLast }), received: texts(arrived(), { isContent }).map(told).sort() };
}

function expectedOf({ answers }: Verdict, { asksLast }: { readonly asksLast: boolean }): string[] {
  const framing: Owed[] = [['"attach"', "result"], ...(asksLast ? [['"last"', "result"] as const] : [])];
  return [...framing, ...answers].map((each) => JSON.stringify(each)).sort();
}

function framed(text: string, { isContent }: { readonly isContent: boolean }): Buffer {
  return Buffer.from(isContent ? `Content-Length: ${Buffer.byteLength(text)}\r\n\r\n${text}` : `${text}\n`);
}

function pieces({ bytes, cuts }: Case): Buffer[] {
  const places = [0, ...cuts.map((cut) => Math.floor(cut * bytes.length)).sort((a, b) => a - b), bytes.length];
  return places.slice(1).map((end, index) => bytes.subarray(places[index], end));
}

/** One write for each piece, each in a turn of its own. A daemon that has ended the connection takes no more. */
async function send(socket: Socket, parts: readonly Buffer[]): Promise<void> {
  for (const part of parts) {
    if (socket.destroyed || part.length === 0) continue;
    await new Promise((resolve) => socket.write(part, resolve));
  }
}

function collect(socket: Socket): () => Buffer {
  const chunks: Buffer[] = [];
  socket.on("data", (chunk: Buffer) => chunks.push(chunk));
  // A connection that the daemon ended while something was still being sent to it is reset.
  socket.on("error", () => {});
  socket.on("end", () => socket.end());
  return () => Buffer.concat(chunks);
}

function texts(bytes: Buffer, { isContent }: { readonly isContent: boolean }): string[] {
  if (!isContent) return bytes.toString("utf8").split("\n").slice(0, -1);
  const found: string[] = [];
  for (let start = 0; start < bytes.length; ) {
    const header = /^Content-Length: (\d+)\r\n\r\n/.exec(bytes.toString("latin1", start, start + 64));
    if (header === null) throw new Error(`no header where one belongs: ${bytes.toString("utf8", start, start + 80)}`);
    const body = start + header[0].length;
    start = body + Number(header[1]);
    found.push(bytes.toString("utf8", body, start));
  }
  return found;
}

/** An answer (or a batch of them) as the oracle spells it; fails for anything that is not an answer of JSON-RPC 2.0. */
function told(text: string): string {
  const value = JSON.parse(text) as unknown;
  return JSON.stringify(Array.isArray(value) ? value.map(answer) : answer(value));
}

function answer(value: unknown): Owed {
  const { jsonrpc, id, result, error } = value as {
    readonly jsonrpc: unknown;
    readonly id: unknown;
    readonly result?: unknown;
    readonly error?: { readonly code: number; readonly message: string };
  };
  const isOne = (result === undefined) !== (error === undefined);
  if (jsonrpc !== "2.0" || !isOne) throw new Error(`not an answer: ${JSON.stringify(value).slice(0, 200)}`);
  return [JSON.stringify(id), error === undefined ? "result" : error.code];
}
