// What `hearth mcp` gives the MCP server: its ways to the daemon, and the words of the other commands.
import type { AgentStatus } from "../../protocol/methods.js";
import { DAEMON_VERSION } from "../../protocol/version.js";
import { type Client, connectAt } from "../client/client.js";
import { ClientError } from "../client-error.js";
import type { Host, Words } from "../mcp/host.js";
import { describePoke } from "./commands/poke.js";
import { type Context, locate, wake } from "./context.js";
import { ensureDaemon } from "./ensure-daemon.js";
import { renderAgent } from "./render/agent-page.js";
import { renderAgents, renderOutcomes } from "./render/agents.js";
import { renderDaemonLine } from "./render/daemon.js";
import { renderFailure, reportFailure } from "./render/failure.js";
import { renderRequest, renderRequests } from "./render/requests.js";
import { plain, type Style } from "./render/text.js";
import { clipToWidth } from "./render/width.js";
import { isInSession } from "./session.js";

/** MCP clients give a call up after 60 s, and what the daemon says before is better than silence; milliseconds. */
const TIMEOUT_MS = 55_000;

/** The SDK says much about a message that it does not understand. */
const MAX_NOTE_COLUMNS = 300;

/** Lines are read by a model, which needs no colours and has room for every column. */
const STYLE: Style = { columns: 200, isColourful: false };

/** @throws {TrustError} {PathError} the home cannot be used. */
export function createHost(context: Context, { autostart }: { readonly autostart: boolean }): Host {
  const connect = connector(context);
  return {
    connect,
    reach: autostart ? () => connect().catch((error: unknown) => launchFirst(context, connect, error)) : connect,
    isInSession: isInSession(context),
    timeoutMs: context.timeoutMs ?? TIMEOUT_MS,
    words,
    note: (text) => context.output.note(clipToWidth(plain(text), MAX_NOTE_COLUMNS)),
  };
}

function connector(context: Context): () => Promise<Client> {
  const whereabouts = locate(context);
  const client = { name: "hearth mcp", version: DAEMON_VERSION };
  return () => connectAt(whereabouts, wake, { client, timeoutMs: context.timeoutMs ?? TIMEOUT_MS });
}

async function launchFirst(context: Context, connect: () => Promise<Client>, error: unknown): Promise<Client> {
  if (!(error instanceof ClientError) || error.kind !== "offline") throw error;
  await ensureDaemon(context);
  return connect();
}

const words: Words = {
  agents: renderOutcomes,
  status: ({ daemon, agents }) => [...renderDaemonLine(daemon, STYLE), "", ...statusLines(agents)],
  request: renderRequest,
  requests: (requests) => renderRequests(requests, STYLE, { now: Date.now() }),
  poke: describePoke,
  written: (lines) => lines.map(plain),
  failure: (error) => {
    const report = reportFailure(error);
    return { report, lines: renderFailure(report) };
  },
};

/** One agent in full, several at a glance. */
function statusLines(agents: readonly AgentStatus[]): string[] {
  const [only, ...others] = agents;
  if (only === undefined || others.length > 0) return renderAgents(agents, STYLE);
  return renderAgent(only, STYLE, { now: Date.now() });
}
