// The example gateway and its worker keep what the demo relies on, run by themselves without a daemon.

import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join, resolve } from "node:path";
import { createInterface } from "node:readline";
import { afterEach, expect, test } from "vitest";
import { freePort } from "../support/free-port.js";

const example = resolve(import.meta.dirname, "../../examples/gateway");

interface Program {
  readonly child: ChildProcess;
  /** Resolves with the first line not yet asked for that contains the text. */
  line(text: string): Promise<string>;
  /** Sends SIGTERM and resolves with the exit code. */
  stop(): Promise<number | null>;
}

const programs: Program[] = [];

afterEach(async () => {
  for (const { child } of programs.splice(0)) {
    if (child.exitCode !== null || child.signalCode !== null) continue;
    child.kill("SIGKILL");
    await once(child, "exit");
  }
});

async function nextLine(lines: AsyncIterator<string>, text: string): Promise<string> {
  for (;;) {
    const { done, value } = await lines.next();
    if (done) throw new Error(`ended without printing "${text}"`);
    if (value.includes(text)) return value;
  }
}

function run(file: string, port: string): Program {
  const child = spawn(process.execPath, [join(example, file)], {
    env: { ...process.env, PORT: port },
    stdio: ["ignore", "pipe", "inherit"],
  });
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const program: Program = {
    child,
    line: (text) => nextLine(lines, text),
    stop: async () => {
      const exited = once(child, "exit");
      child.kill("SIGTERM");
      const [code] = (await exited) as [number | null];
      return code;
    },
  };
  programs.push(program);
  return program;
}

async function startGateway(port = "0"): Promise<{ readonly gateway: Program; readonly url: string }> {
  const gateway = run("gateway.mjs", port);
  const line = await gateway.line("listening on http://");
  return { gateway, url: line.slice(line.indexOf("http://")) };
}

function post(url: string, body: string): Promise<Response> {
  return fetch(url, { method: "POST", body });
}

test("/health tells that it is well, and its pid", async () => {
  const { gateway, url } = await startGateway();
  expect(await (await fetch(`${url}/health`)).json()).toMatchObject({ status: "ok", pid: gateway.child.pid });
});

test("/echo returns what it was sent", async () => {
  const { url } = await startGateway();
  expect(await (await post(`${url}/echo`, "hällo")).text()).toBe("hällo");
});

test("what is said in /chat is heard by everyone who listens", async () => {
  const { url } = await startGateway();
  const ears = await Promise.all([fetch(`${url}/listen`), fetch(`${url}/listen`)]);
  const said = await post(`${url}/chat`, JSON.stringify({ from: "ann", text: "hello" }));
  expect(await said.json()).toEqual({ delivered: 2 });
  for (const ear of ears) {
    const chunk = await ear.body?.getReader().read();
    expect(JSON.parse(Buffer.from(chunk?.value ?? []).toString())).toEqual({ from: "ann", text: "hello" });
  }
});

test.each([
  ["GET", "/nowhere", undefined, 404],
  ["POST", "/chat", "{", 400],
  ["POST", "/chat", '{"from":1}', 400],
  ["POST", "/echo", "x".repeat(64 * 1024 + 1), 413],
])("%s %s with a bad request is refused and harms nothing", async (method, path, body, status) => {
  const { url } = await startGateway();
  const response = await fetch(url + path, { method, ...(body === undefined ? {} : { body }) });
  expect(response.status).toBe(status);
  expect(await response.json()).toEqual({ error: expect.any(String) });
  expect((await fetch(`${url}/health`)).status).toBe(200);
});

test("SIGTERM ends it with code 0 although somebody is listening", async () => {
  const { gateway, url } = await startGateway();
  await fetch(`${url}/listen`);
  expect(await gateway.stop()).toBe(0);
});

test("the worker answers when it is spoken to, and stops on SIGTERM", async () => {
  const { gateway, url } = await startGateway();
  const worker = run("worker.mjs", new URL(url).port);
  await worker.line("connected to");
  await post(`${url}/chat`, JSON.stringify({ from: "ann", text: "@worker are you there?" }));
  expect(await gateway.line("worker: ")).toContain("worker: @ann you said: are you there?");
  expect(await worker.stop()).toBe(0);
});

test("the worker stops on SIGTERM also while the gateway keeps it waiting for an answer", async () => {
  const silent = createServer((request, response) => {
    if (request.url === "/listen") response.write('{"from":"ann","text":"@worker are you there?"}\n');
    else silent.emit("asked");
  }).listen(0, "127.0.0.1");
  const asked = once(silent, "asked");
  await once(silent, "listening");
  const worker = run("worker.mjs", String((silent.address() as AddressInfo).port));
  await asked;
  expect(await worker.stop()).toBe(0);
  silent.close();
});

test("the worker finds the gateway again after it was killed", async () => {
  const port = String(await freePort());
  const { gateway } = await startGateway(port);
  const worker = run("worker.mjs", port);
  await worker.line("connected to");
  gateway.child.kill("SIGKILL");
  await worker.line("gateway lost");
  await startGateway(port);
  expect(await worker.line("connected to")).toContain(port);
});
