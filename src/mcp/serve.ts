// Serves MCP on this process's stdin and stdout, as a client of the daemon's socket like any other.
import { once } from "node:events";
import { Readable } from "node:stream";
import { McpServer, ResourceNotFoundError, type ServerCapabilities } from "@modelcontextprotocol/server";
import { StdioServerTransport, serveStdio } from "@modelcontextprotocol/server/stdio";
import { DAEMON_VERSION } from "../../protocol/version.js";
import { callTool } from "./call-tool.js";
import { registerHandoffPrompt } from "./handoff-prompt.js";
import { type Host, withDaemon } from "./host.js";
import { registerResources } from "./resources.js";
import { published } from "./schemas.js";
import { type Role, TOOLS } from "./tools.js";
import { Unanswered } from "./unanswered.js";
import { parseUri } from "./uris.js";
import { type Audience, Watch } from "./watch.js";

/** How long a client may have to wait for the daemon's word on who this is, in milliseconds. */
const ROLE_TIMEOUT_MS = 2_000;

/** How long answers may take that are under way when this is told to end, in milliseconds. */
const LAST_ANSWERS_MS = 500;

/** The same when the client has closed its side, with which it may have left: then nobody waits for an answer. */
const LAST_ANSWERS_AFTER_STDIN_MS = 5_000;

const INSTRUCTIONS: Readonly<Record<Role, string>> = {
  operator:
    "Hearth keeps long-running agents alive on this machine. Look with status and logs before you stop or restart anything. Agents that do the work of others end with them.",
  agent:
    "You run in a session that Hearth keeps alive. Begin with get_handoff, which your previous session may have left for you, then call ready. Call beat when you are poked. When your context is nearly full, write a handoff (the prompt `handoff` tells how) and call request_cycle with it.",
};

/** Serves one client; resolves when it has closed its side, or after SIGTERM. */
export async function serve(host: Host): Promise<void> {
  const role = await roleOf(host);
  const unanswered = new Unanswered();
  let server: McpServer | null = null;
  const audience = audienceOf(host, () => server);
  const watch = role === "operator" ? new Watch(host, audience) : null;
  const transport = new StdioServerTransport(Readable.from(stdinUntilAnswered(unanswered)));
  const build = () => {
    server = buildServer(host, role);
    return server;
  };
  const serving = serveStdio(build, { transport, onerror: ({ message }) => host.note(`mcp: ${message}`) });
  const closed = tap(transport, unanswered, (message) => watch?.heed(message));
  const watching = watch?.run();
  await Promise.race([closed, terminated(unanswered)]);
  await serving.close();
  process.stdin.destroy();
  await watch?.close();
  await watching;
}

/** A session that asked for its end gets SIGTERM as soon as the daemon has answered: the answer still reaches its model. */
async function terminated(unanswered: Unanswered): Promise<void> {
  await once(process, "SIGTERM");
  await unanswered.none({ timeoutMs: LAST_ANSWERS_MS });
}

/** What the client writes. The SDK drops what is under way at its end, which thus comes behind the last answer. */
async function* stdinUntilAnswered(unanswered: Unanswered): AsyncIterable<unknown> {
  try {
    yield* process.stdin;
    await unanswered.none({ timeoutMs: LAST_ANSWERS_AFTER_STDIN_MS });
  } catch {
    // It broke off, or this is told to end: there is no more to read, which is an end too.
  }
}

/** As the daemon sees it. In a session whose daemon does not answer only the agent's tools can be right. */
async function roleOf(host: Host): Promise<Role> {
  if (!host.isInSession) return "operator";
  try {
    return await withDaemon(host, async (client) => {
      await client.call("system.ping", {}, { timeoutMs: ROLE_TIMEOUT_MS });
      return (await client.identity()).role;
    });
  } catch {
    return "agent";
  }
}

function buildServer(host: Host, role: Role): McpServer {
  const server = new McpServer(
    { name: "hearth", title: "Hearth", version: DAEMON_VERSION },
    { capabilities: capabilitiesOf(role), instructions: INSTRUCTIONS[role] },
  );
  for (const tool of TOOLS[role]) {
    const { name, title, description, annotations, input, output } = tool;
    const definition = {
      title,
      description,
      annotations,
      inputSchema: published(input),
      outputSchema: published(output),
    };
    server.registerTool(name, definition, (args, context) => callTool(host, tool, args, context));
  }
  registerHandoffPrompt(server, role);
  if (role === "operator") {
    registerResources(server, host);
    registerSubscriptions(server);
  }
  return server;
}

function capabilitiesOf(role: Role): ServerCapabilities {
  const fixed = { tools: { listChanged: false }, prompts: { listChanged: false } };
  return role === "operator" ? { ...fixed, resources: { subscribe: true, listChanged: true } } : fixed;
}

/** Answers protocol 2025's way to listen; what it asks for is heeded as it comes in, like that of 2026. */
function registerSubscriptions({ server }: McpServer): void {
  server.setRequestHandler("resources/subscribe", ({ params: { uri } }) => {
    if (parseUri(uri) === null) throw new ResourceNotFoundError(uri);
    return {};
  });
  server.setRequestHandler("resources/unsubscribe", () => ({}));
}

/** The client, through whichever server speaks with it: one that only answered a probe is replaced. */
function audienceOf({ note }: Host, current: () => McpServer | null): Audience {
  const send = (sending: Promise<void> | undefined) => {
    sending?.catch((error: unknown) => note(`mcp: ${error instanceof Error ? error.message : String(error)}`));
  };
  return {
    updated: (uri) => send(current()?.server.sendResourceUpdated({ uri })),
    listChanged: () => send(current()?.server.sendResourceListChanged()),
  };
}

/** Shows what goes over the wire to somebody else too; resolves when the client has gone. */
function tap(transport: StdioServerTransport, unanswered: Unanswered, look: (message: unknown) => void): Promise<void> {
  const { onmessage, onclose } = transport;
  const send = transport.send.bind(transport);
  transport.onmessage = (message) => {
    unanswered.heed(message);
    look(message);
    onmessage?.(message);
  };
  transport.send = async (message) => {
    await send(message);
    unanswered.written(message);
  };
  return new Promise((resolve) => {
    transport.onclose = () => {
      onclose?.();
      resolve();
    };
  });
}
