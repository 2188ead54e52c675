// A real MCP client of `hearth mcp` as it was built: the SDK's own client, over the stdio of a process of its own.
import { resolve } from "node:path";
import { Client, fromJsonSchema, type JsonSchemaType, type Tool } from "@modelcontextprotocol/client";
import { getDefaultEnvironment, StdioClientTransport } from "@modelcontextprotocol/client/stdio";
import { afterEach, expect } from "vitest";
import { sh } from "../support/daemon.js";
import { eventually } from "../support/deadline.js";
import { isRunning } from "../support/processes.js";

/** The program that `npm run build` makes. */
export const HEARTH = resolve(import.meta.dirname, "../../dist/hearth.cjs");

/** An agent that writes its handoff to its log before it is ready. */
export const READER = sh('[ -n "$HEARTH_HANDOFF_FILE" ] && cat "$HEARTH_HANDOFF_FILE"; echo " up"; exec sleep 1000', {
  ...{ autostart: true, ready: { output: "up" }, heartbeat: { interval: "20s", when_missed: 3 } },
});

export interface McpOptions {
  readonly home: string;
  readonly args?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  /** Which of the two protocols the client speaks; the older when absent. */
  readonly era?: "2025" | "2026";
}

type Called = Awaited<ReturnType<Client["callTool"]>>;

const open: McpSession[] = [];

/** Starts `hearth mcp` and shakes hands with it. */
export async function startMcp({ home, args = [], env = {}, era = "2025" }: McpOptions): Promise<McpSession> {
  const transport = new StdioClientTransport({
    command: process.execPath,
    args: [HEARTH, "mcp", ...args],
    // The fixture of daemons counts whatever a test leaves behind by its home.
    env: { ...getDefaultEnvironment(), HEARTH_HOME: home, ...env },
    cwd: "/",
    stderr: "pipe",
  });
  const client = new Client(
    { name: "test", version: "1" },
    era === "2026" ? { versionNegotiation: { mode: { pin: "2026-07-28" } } } : {},
  );
  const session = new McpSession(client, transport);
  open.push(session);
  await client.connect(transport);
  return session;
}

/** One MCP client with its server. */
export class McpSession {
  readonly client: Client;
  readonly #transport: StdioClientTransport;
  readonly #updates: string[] = [];
  #listChanges = 0;
  #stderr = "";

  constructor(client: Client, transport: StdioClientTransport) {
    this.client = client;
    this.#transport = transport;
    transport.stderr?.on("data", (chunk: Buffer) => {
      this.#stderr += chunk.toString();
    });
    client.setNotificationHandler("notifications/resources/updated", ({ params }) => {
      this.#updates.push(params.uri);
    });
    client.setNotificationHandler("notifications/resources/list_changed", () => {
      this.#listChanges += 1;
    });
  }

  /** The process of the server. */
  get pid(): number {
    return this.#transport.pid ?? 0;
  }

  /** What it said beside the protocol. */
  get stderr(): string {
    return this.#stderr;
  }

  /** URIs of the updates so far, in order. */
  get updates(): readonly string[] {
    return this.#updates;
  }

  call(
    name: string,
    args: Record<string, unknown> = {},
    options: Parameters<Client["callTool"]>[1] = {},
  ): Promise<Called> {
    return this.client.callTool({ name, arguments: args }, options);
  }

  /** Forgets the updates so far and resolves with the next of this URI. */
  async updated(uri: string, then: () => unknown): Promise<void> {
    this.#updates.length = 0;
    await then();
    await eventually(() => this.#updates.includes(uri), `an update of ${uri}; told instead: ${this.#stderr}`);
  }

  async listChanged(then: () => unknown): Promise<void> {
    const before = this.#listChanges;
    await then();
    await eventually(() => this.#listChanges > before, "word of another list");
  }

  /** Ends stdin; the server has to end by itself. */
  async close(): Promise<void> {
    const { pid } = this;
    await this.client.close();
    await eventually(() => !isRunning(pid), `hearth mcp (${pid}) ends`);
  }
}

/** The text for people. */
export function textOf({ content }: Called): string {
  const [first] = content;
  return first?.type === "text" ? first.text : "";
}

/** What an answer says of its failure, for programs. */
export function errorOf({ content, isError }: Called): Record<string, unknown> {
  const last = content.at(-1);
  expect(isError).toBe(true);
  return last?.type === "text" ? JSON.parse(last.text).error : {};
}

/** Holds a value to a schema that a tool publishes. */
async function expectToFit(schema: Tool["inputSchema"] | Tool["outputSchema"], value: unknown): Promise<void> {
  const outcome = await fromJsonSchema(schema as JsonSchemaType)["~standard"].validate(value);
  expect(outcome.issues, JSON.stringify(value)).toBeUndefined();
}

/** A call of a tool, with a part of what it is to answer. */
export type Expected = readonly [name: string, args: Record<string, unknown>, answer: Record<string, unknown>];

/** Calls tools one after the other and holds arguments and answers to what the tools publish. */
export async function expectAnswers(mcp: McpSession, calls: readonly Expected[]): Promise<void> {
  const { tools } = await mcp.client.listTools();
  for (const [name, args, answer] of calls) {
    const tool = tools.find((each) => each.name === name);
    await expectToFit(tool?.inputSchema, args);
    const result = await mcp.call(name, args);
    expect(result.structuredContent, name).toMatchObject(answer);
    await expectToFit(tool?.outputSchema, result.structuredContent);
    expect(textOf(result), name).not.toBe("");
  }
}

// Registered behind the fixture of daemons, hence run before it looks for what is left.
afterEach(async () => {
  await Promise.all(open.splice(0).map((session) => session.close()));
});
