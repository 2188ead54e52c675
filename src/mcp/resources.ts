// The resources: the agents, each one's status, and the end of each one's log.
import {
  type McpServer,
  ProtocolError,
  ProtocolErrorCode,
  type ReadResourceResult,
  type Resource,
  ResourceNotFoundError,
  ResourceTemplate,
} from "@modelcontextprotocol/server";
import { HearthError } from "../../protocol/errors.js";
import type { Client } from "../client/client.js";
import { ClientError } from "../client-error.js";
import { type Host, withDaemon } from "./host.js";
import { AGENTS_URI, LOG_TEMPLATE, parseUri, type Shown, STATUS_TEMPLATE, uriOf } from "./uris.js";

/** How many lines of a log are shown; the tool `logs` reads further back. */
const LOG_LINES = 200;

const JSON_TEXT = { mimeType: "application/json" };
const PLAIN_TEXT = { mimeType: "text/plain" };

export function registerResources(server: McpServer, host: Host): void {
  const read = (uri: URL) => readResource(host, uri.href);
  const listing = (of: "status" | "log", shape: { readonly mimeType: string }) => ({
    list: async () => ({ resources: (await namesIfReachable(host)).map((agent) => listed({ of, agent }, shape)) }),
    complete: { name: async (begun: string) => completions(await namesIfReachable(host), begun) },
  });
  const description = "How every agent is, as a list of their statuses.";
  server.registerResource("agents", AGENTS_URI, { title: "Agents", description, ...JSON_TEXT }, read);
  server.registerResource(
    "agent-status",
    new ResourceTemplate(STATUS_TEMPLATE, listing("status", JSON_TEXT)),
    { title: "Status of an agent", description: "How an agent is; a / in its name is %2F.", ...JSON_TEXT },
    read,
  );
  server.registerResource(
    "agent-log",
    new ResourceTemplate(LOG_TEMPLATE, listing("log", PLAIN_TEXT)),
    { title: "Log of an agent", description: `The last ${LOG_LINES} lines that an agent wrote.`, ...PLAIN_TEXT },
    read,
  );
}

/** Without a daemon there are no agents to list; what is read then says why. */
async function namesIfReachable(host: Host): Promise<string[]> {
  const { timeoutMs } = host;
  try {
    const { agents } = await withDaemon(host, (client) => client.call("agent.list", {}, { timeoutMs }));
    return agents.map(({ agent }) => agent);
  } catch (error) {
    if (!(error instanceof ClientError)) throw error;
    host.note(host.words.failure(error).lines.join(" "));
    return [];
  }
}

function listed(shown: Exclude<Shown, { of: "agents" }>, shape: { readonly mimeType: string }): Resource {
  return { uri: uriOf(shown), name: `${shown.agent} ${shown.of}`, title: `${shown.agent}: ${shown.of}`, ...shape };
}

/** As the template wants them, which encodes what is put into it. */
function completions(names: readonly string[], begun: string): string[] {
  return names.filter((name) => name.startsWith(begun));
}

async function readResource(host: Host, uri: string): Promise<ReadResourceResult> {
  const shown = parseUri(uri);
  if (shown === null) throw new ResourceNotFoundError(uri);
  try {
    return { contents: [{ uri, ...(await withDaemon(host, (client) => contentOf(client, host, shown))) }] };
  } catch (error) {
    throw toProtocolError(host, uri, error);
  }
}

interface Content {
  readonly mimeType: string;
  readonly text: string;
}

async function contentOf(client: Client, { timeoutMs, words }: Host, shown: Shown): Promise<Content> {
  const limit = { timeoutMs };
  if (shown.of === "agents") return json(await client.call("agent.list", {}, limit));
  const { of, agent } = shown;
  if (of === "status") return json(await client.call("agent.get", { agent }, limit));
  const { lines } = await client.call("agent.logs", { agent, lines: LOG_LINES }, limit);
  return { ...PLAIN_TEXT, text: words.written(lines).join("\n") };
}

function json(value: unknown): Content {
  return { ...JSON_TEXT, text: JSON.stringify(value) };
}

/** What nobody has is not found; of everything else the kind and the hint go along. */
function toProtocolError({ words }: Host, uri: string, error: unknown): ProtocolError {
  const { report } = words.failure(error);
  const isUnknown = error instanceof HearthError && ["no-such-agent", "invalid-params"].includes(error.kind);
  if (isUnknown) return new ResourceNotFoundError(uri, report.error.message);
  return new ProtocolError(ProtocolErrorCode.InternalError, report.error.message, report.error);
}
