// Progress of a tool call: what happens to the agents it is about, for a client that asked to hear of it.
import type { ProgressToken, ServerContext } from "@modelcontextprotocol/server";
import type { Client, EventNotification } from "../client/client.js";
import type { Subscription } from "../client/subscription.js";
import type { Tool, ToolCall } from "./tools.js";

const TYPES = ["agent.*", "lifecycle.*"];

interface Asked {
  readonly tool: Tool;
  readonly args: ToolCall["args"];
  readonly context: ServerContext;
}

/** Does something and tells how it goes on; nothing is told once it is done. */
export async function withProgress<T>(
  client: Client,
  { tool, args, context }: Asked,
  act: () => Promise<T>,
): Promise<T> {
  const token = context.mcpReq._meta?.progressToken;
  if (token === undefined || tool.annotations.readOnlyHint === true || typeof args.agent !== "string") return act();
  const subscribed = client.subscribe({ agents: [args.agent], types: TYPES });
  // If it can't be heard of, the act says why.
  const told = subscribed.then((events) => tell(events, token, context)).catch(() => {});
  try {
    return await act();
  } finally {
    await subscribed.then((events) => events.close()).catch(() => {});
    await told;
  }
}

async function tell(events: Subscription<EventNotification>, progressToken: ProgressToken, context: ServerContext) {
  let progress = 0;
  for await (const { method, params } of events) {
    if (method !== "event") continue;
    const message = `${params.agent}: ${params.type}`;
    progress += 1;
    await context.mcpReq.notify({ method: "notifications/progress", params: { progressToken, progress, message } });
  }
}
