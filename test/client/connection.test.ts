import { once } from "node:events";
import { createServer, type Socket } from "node:net";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type Connection, openConnection } from "../../src/client/connection.js";
import { newHome } from "../support/daemon.js";
import { within } from "../support/deadline.js";

// What the real daemon does not do: answer in any order, say nonsense, or hold its tongue.
let socketPath: string;
let connection: Connection;
let peer: Socket;
let lines: NodeJS.AsyncIterator<string>;
let notifications: unknown[];
let reasons: unknown[];
const server = { close: () => {} };

beforeEach(async () => {
  socketPath = join(newHome(), "s");
  const listener = createServer();
  listener.listen(socketPath);
  await once(listener, "listening");
  const accepted = once(listener, "connection");
  [notifications, reasons] = [[], []];
  connection = await openConnection(socketPath, {
    notification: (method, params) => notifications.push({ method, params }),
    closed: (reason) => reasons.push(reason),
  });
  [peer] = (await accepted) as [Socket];
  lines = createInterface({ input: peer })[Symbol.asyncIterator]();
  server.close = () => listener.close();
});

afterEach(() => {
  connection.close();
  peer.destroy();
  server.close();
});

/** The next lines that the peer hears; two that were sent at different times may come as one piece all the same. */
async function heard(count = 1): Promise<string[]> {
  const line = async (): Promise<string> => (await within(lines.next(), () => "the peer hears something")).value;
  const read: string[] = [];
  while (read.length < count) read.push(await line());
  return read;
}

function say(...messages: object[]): void {
  peer.write(messages.map((message) => `${JSON.stringify({ jsonrpc: "2.0", ...message })}\n`).join(""));
}

describe("a connection", () => {
  it("has several calls under way and matches their answers by id", async () => {
    const answers = Promise.all([connection.request("a", {}), connection.request("b", {})]);
    const ids = (await heard(2)).map((line) => JSON.parse(line).id as number);
    say({ id: ids[1], result: "second" }, { id: 999, result: "nobody's" }, { id: ids[0], result: "first" });
    expect(await answers).toEqual(["first", "second"]);
  });

  it("throws the daemon's error with its kind and hint", async () => {
    const call = connection.request("a", {});
    const { id } = JSON.parse(`${await heard()}`);
    say({
      id,
      error: { code: -32004, message: "none", data: { kind: "no-such-agent", hint: "look", suggestions: ["x"] } },
    });
    await expect(call).rejects.toMatchObject({ kind: "no-such-agent", hint: "look", data: { suggestions: ["x"] } });
  });

  it("gives up in time and says so to the daemon; a late answer changes nothing", async () => {
    // Its end is awaited at once: it may come before the peer has heard of the request.
    const givenUp = expect(connection.request("a", {}, { timeoutMs: 5 })).rejects.toMatchObject({ kind: "timed-out" });
    const [request = "", cancel = ""] = await heard(2);
    await givenUp;
    const { id } = JSON.parse(request);
    expect(JSON.parse(cancel)).toMatchObject({ method: "$/cancelRequest", params: { id } });
    say({ id, result: "late" }, { method: "event", params: { seq: 1 } });
    await expect.poll(() => notifications).toEqual([{ method: "event", params: { seq: 1 } }]);
  });

  it("calls a request off with its signal", async () => {
    const abort = new AbortController();
    const call = connection.request("a", {}, { signal: abort.signal });
    await heard();
    abort.abort();
    await expect(call).rejects.toMatchObject({ kind: "cancelled" });
    await expect(connection.request("a", {}, { signal: abort.signal })).rejects.toMatchObject({ kind: "cancelled" });
  });

  it("sends nothing of a request that was called off before", async () => {
    const call = connection.request("a", {}, { signal: AbortSignal.abort() });
    await expect(call).rejects.toMatchObject({ kind: "cancelled" });
    connection.request("b", {}).catch(() => {});
    expect(JSON.parse(`${await heard()}`)).toMatchObject({ method: "b" });
  });

  it("says that params cannot be written as JSON, and goes on with others", async () => {
    const circle: Record<string, unknown> = {};
    circle.itself = circle;
    const refusal = { kind: "invalid-params", message: expect.stringContaining("cannot be written as JSON") };
    for (const params of [circle, { agent: 1n }]) {
      await expect(connection.request("a", params)).rejects.toMatchObject(refusal);
    }
    connection.request("b", {}).catch(() => {});
    expect(JSON.parse(`${await heard()}`)).toMatchObject({ method: "b" });
  });

  it("refuses a time that is none, and sends nothing", async () => {
    const call = connection.request("a", {}, { timeoutMs: Number.NaN });
    await expect(call).rejects.toMatchObject({ kind: "invalid-params" });
    connection.request("b", {}).catch(() => {});
    expect(JSON.parse(`${await heard()}`)).toMatchObject({ method: "b" });
  });

  it("tells the daemon of a request that is called off also when it is closed right after", async () => {
    const abort = new AbortController();
    const call = connection.request("a", {}, { signal: abort.signal }).finally(() => connection.close());
    const { id } = JSON.parse(`${await heard()}`);
    // As in a continuation, behind which the closing comes before anything else has its turn.
    await Promise.all([
      expect(call).rejects.toMatchObject({ kind: "cancelled" }),
      Promise.resolve().then(() => abort.abort()),
    ]);
    expect(JSON.parse(`${await heard()}`)).toMatchObject({ method: "$/cancelRequest", params: { id } });
  });

  it("fails what is under way, and what comes after, when the peer goes away", async () => {
    const call = connection.request("a", {});
    await heard();
    peer.destroy();
    await expect(call).rejects.toMatchObject({ kind: "connection-lost" });
    await expect(connection.request("b", {})).rejects.toMatchObject({ kind: "connection-lost" });
    expect(reasons).toHaveLength(1);
  });

  it.each([["no JSON\n"], [`{"jsonrpc":"2.0","id":null,"error":{"code":-32010,"message":"too large"}}\n`]])(
    "ends on what no daemon says in an orderly stream: %j",
    async (text) => {
      const call = connection.request("a", {});
      await heard();
      peer.write(text);
      await expect(call).rejects.toMatchObject({ kind: "connection-lost" });
    },
  );
});

describe("connecting", () => {
  const ignore = { notification: () => {}, closed: () => {} };

  it("is offline where nobody listens", async () => {
    await expect(openConnection(`${socketPath}.not`, ignore)).rejects.toMatchObject({ kind: "offline" });
  });

  it("refuses a path that would be truncated", async () => {
    const long = `/tmp/${"x".repeat(200)}`;
    await expect(openConnection(long, ignore)).rejects.toMatchObject({ kind: "socket-path-too-long" });
  });
});
