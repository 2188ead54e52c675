// Carries one call of a tool out, and puts what comes of it into MCP's words.

import type { CallToolResult, ServerContext } from "@modelcontextprotocol/server";
import { invalidParams } from "../../protocol/errors.js";
import type { Hint } from "../../protocol/hint.js";
import type { MethodName, Params, Result } from "../../protocol/methods.js";
import { suggest } from "../../protocol/suggest.js";
import type { Client } from "../client/client.js";
import { type Host, withDaemon } from "./host.js";
import { withProgress } from "./progress.js";
import type { Tool, ToolCall } from "./tools.js";

/** Never throws: a model can mend only what it is told. */
export async function callTool(
  host: Host,
  tool: Tool,
  given: unknown,
  context: ServerContext,
): Promise<CallToolResult> {
  try {
    const args = fitting(tool, given);
    const { result, lines, failed } = await withDaemon(host, (client) =>
      withProgress(client, { tool, args, context }, () => tool.run(callOver(client, host, { args, context }))),
    );
    return { content: [text(lines.join("\n"))], structuredContent: { ...result }, isError: failed === true };
  } catch (error) {
    return failure(host, error);
  }
}

function callOver(
  client: Client,
  { words, timeoutMs }: Host,
  { args, context }: { readonly args: ToolCall["args"]; readonly context: ServerContext },
): ToolCall {
  const options = { signal: context.mcpReq.signal, timeoutMs };
  return {
    args,
    words,
    timeoutMs,
    call: <M extends MethodName>(method: M, params: object): Promise<Result<M>> =>
      client.call(method, params as Params<M>, options),
  };
}

/**
 * The kind of the failure is in a second text and not in the structured content: clients hold that to the schema of the
 * tool's result, and would tell of the mismatch instead of the failure.
 */
function failure({ words }: Host, error: unknown): CallToolResult {
  const { report, lines } = words.failure(error);
  return { content: [text(lines.join("\n")), text(JSON.stringify(report))], isError: true };
}

/**
 * The arguments, if they are some of the tool's; the rest is for the daemon to check. A field that a tool does not offer must
 * not slip through to a method that has it.
 * @throws HearthError `invalid-params`
 */
function fitting({ name, input }: Tool, given: unknown): ToolCall["args"] {
  const args = (given ?? {}) as Readonly<Record<string, unknown>>;
  const known = Object.keys(input.properties);
  const unknown = Object.keys(args).find((field) => !known.includes(field));
  if (unknown !== undefined)
    throw invalidParams(`${name} has no argument ${JSON.stringify(unknown)}`, hint(unknown, known));
  if (args.wait !== undefined && typeof args.wait !== "boolean") throw invalidParams("wait: expected true or false");
  return args;
}

function hint(unknown: string, known: readonly string[]): Hint {
  const [nearest] = suggest(unknown, known);
  if (nearest !== undefined) return `Did you mean "${nearest}"? ${HELP}`;
  return known.length === 0 ? `It takes none. ${HELP}` : `It takes ${known.join(", ")}. ${HELP}`;
}

const HELP = "`hearth mcp --help` tells what this serves.";

function text(words: string): { readonly type: "text"; readonly text: string } {
  return { type: "text", text: words };
}
