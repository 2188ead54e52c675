// A real editor's client, vscode-jsonrpc, on the socket as it is: it frames with Content-Length and finds its way by itself.
import { once } from "node:events";
import { writeFileSync } from "node:fs";
import { connect } from "node:net";
import { expect, onTestFinished, test } from "vitest";
import {
  CancellationTokenSource,
  createMessageConnection,
  type MessageConnection,
  ResponseError,
  SocketMessageReader,
  SocketMessageWriter,
} from "vscode-jsonrpc/node";
import { ERRORS } from "../../protocol/errors.js";
import { sh, startDaemon, type TestDaemon } from "../support/daemon.js";
import { within } from "../support/deadline.js";
import type { SeenEvent } from "../support/wire.js";

/** Ends when it is told to and there is a file `go` in the home. */
const UNHURRIED = sh(
  `trap 'until [ -e "$HEARTH_HOME/go" ]; do sleep 0.02; done; exit' TERM; echo up; while :; do sleep 0.05; done`,
  { autostart: true, ready: { output: "up" }, stop: { grace: "5m" } },
);

/** An editor that is attached as the operator. */
async function openEditor({ descriptor }: TestDaemon): Promise<MessageConnection> {
  const socket = connect(descriptor.socketPath);
  await once(socket, "connect");
  const editor = createMessageConnection(new SocketMessageReader(socket), new SocketMessageWriter(socket));
  onTestFinished(() => {
    editor.dispose();
    socket.destroy();
  });
  editor.listen();
  await editor.sendRequest("system.attach", { token: descriptor.token, client: { name: "editor", version: "1" } });
  return editor;
}

/** Resolves with the first notification of a method that is looked for. */
function heard<P>(editor: MessageConnection, method: string, isIt: (params: P) => boolean): Promise<P> {
  const arrival = new Promise<P>((resolve) => {
    const listener = editor.onNotification(method, (params: P) => {
      if (!isIt(params)) return;
      listener.dispose();
      resolve(params);
    });
  });
  return within(arrival, () => `a notification ${method}`);
}

/** What a request was refused with. */
async function refusal(answer: Promise<unknown>): Promise<unknown> {
  const error = await within(answer, () => "an answer").catch((thrown: unknown) => thrown);
  if (!(error instanceof ResponseError)) throw new Error(`this is no error: ${JSON.stringify(error)}`);
  return { code: error.code, ...(error.data as object) };
}

test("it is answered with results, and with errors that carry kind and hint", async () => {
  const daemon = await startDaemon({ config: { agents: { gateway: sh("exec sleep 60") } } });
  const editor = await openEditor(daemon);
  expect(await editor.sendRequest("daemon.status")).toMatchObject({ pid: daemon.pid });
  expect(await editor.sendRequest("agent.get", { agent: "gateway" })).toMatchObject({ state: "stopped" });
  expect(await refusal(editor.sendRequest("agent.get", { agent: "gatewy" }))).toEqual({
    code: -32004,
    kind: "no-such-agent",
    hint: ERRORS["no-such-agent"].hint,
    suggestions: ["gateway"],
  });
  expect(await refusal(editor.sendRequest("agent.gett", {}))).toMatchObject({ code: -32601, kind: "method-not-found" });
  expect(await refusal(editor.sendRequest("agent.get", ["gateway"]))).toMatchObject({ code: -32602 });
});

test("it hears events and the lines of a log, whatever letters they are in", async () => {
  const editor = await openEditor(
    await startDaemon({ config: { agents: { a: sh("echo 'fünf → 🔥'; exec sleep 60") } } }),
  );
  const { subscription } = await editor.sendRequest<{ subscription: string }>("events.subscribe", { agents: ["a"] });
  const running = heard<SeenEvent>(editor, "event", ({ type }) => type === "agent.running");
  // What has no id is carried out without an answer.
  await editor.sendNotification("agent.start", { agent: "a" });
  expect(await running).toMatchObject({ subscription, agent: "a", data: { incarnation: 1 } });
  const written = heard<{ lines: string[] }>(editor, "log", ({ lines }) => lines.length > 0);
  await editor.sendRequest("logs.follow", { agent: "a", lines: 10 });
  expect(await written).toMatchObject({ agent: "a", lines: ["fünf → 🔥"] });
});

test("it calls lifecycle.wait off with $/cancelRequest, and the request goes on", async () => {
  const daemon = await startDaemon({ config: { agents: { unhurried: UNHURRIED } } });
  await daemon.until("unhurried", ({ ready }) => ready);
  const editor = await openEditor(daemon);
  const { request } = await editor.sendRequest<{ request: { id: string } }>("lifecycle.request", {
    agent: "unhurried",
    action: "restart",
  });
  const patience = new CancellationTokenSource();
  const waiting = refusal(editor.sendRequest("lifecycle.wait", { id: request.id }, patience.token));
  patience.cancel();
  expect(await waiting).toMatchObject({ code: -32800, kind: "cancelled" });
  writeFileSync(daemon.path("go"), "");
  expect(await editor.sendRequest("lifecycle.wait", { id: request.id })).toMatchObject({ request: { state: "done" } });
});

test("it calls the wait of agent.stop off, and the agent stops", async () => {
  const daemon = await startDaemon({ config: { agents: { unhurried: UNHURRIED } } });
  await daemon.until("unhurried", ({ ready }) => ready);
  const editor = await openEditor(daemon);
  const patience = new CancellationTokenSource();
  const waiting = refusal(editor.sendRequest("agent.stop", { agent: "unhurried", wait: true }, patience.token));
  await daemon.event("agent.stopping", "unhurried");
  patience.cancel();
  expect(await waiting).toMatchObject({ code: -32800, kind: "cancelled" });
  writeFileSync(daemon.path("go"), "");
  await daemon.event("agent.stopped", "unhurried");
});

test("each of thousands of requests under way gets its own answer", async () => {
  const names = Array.from({ length: 50 }, (_, index) => `agent-${index}`);
  const agents = Object.fromEntries(names.map((name) => [name, sh("exec sleep 60")]));
  const editor = await openEditor(await startDaemon({ config: { agents } }));
  const asked = Array.from({ length: 3_000 }, (_, index) => names[index % names.length]);
  const answers = asked.map((agent) => editor.sendRequest<{ agent: string }>("agent.get", { agent }));
  const got = await within(Promise.all(answers), () => "every answer");
  expect(got.map(({ agent }) => agent)).toEqual(asked);
});

test("an editor and a client of lines are served side by side, each in its own framing", async () => {
  const daemon = await startDaemon({ config: { agents: { a: sh("exec sleep 60") } } });
  const editor = await openEditor(daemon);
  await editor.sendRequest("events.subscribe", { types: ["agent.running"] });
  const running = heard<SeenEvent>(editor, "event", ({ type }) => type === "agent.running");
  // The daemon's own wire is a client of lines, subscribed to everything.
  await daemon.call("agent.start", { agent: "a" });
  const { seq } = await daemon.event("agent.running", "a");
  expect(await running).toMatchObject({ seq });
});
