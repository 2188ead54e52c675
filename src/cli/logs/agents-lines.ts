// What several agents have written already, without holding more of it than is shown next.
import type { Client } from "../../client/client.js";
import { AgentLines, type AgentLinesOptions } from "./agent-lines.js";
import { type Chosen, namesOf } from "./chosen-agents.js";

/** By agent, in the order in which they were chosen. */
export type Logs = ReadonlyMap<string, AgentLines>;

/** Pages of all logs together are about so large. */
const HELD_BYTES = 16 * 1024 * 1024;
const MAX_PAGE_BYTES = 512 * 1024;
const MIN_PAGE_BYTES = 32 * 1024;

/** The logs of the agents that were chosen; nothing of them is read yet. */
export async function logsOf(
  client: Client,
  chosen: Chosen,
  wish: Omit<AgentLinesOptions, "agent" | "pageBytes" | "now">,
): Promise<Logs> {
  const names = await namesOf(client, chosen, wish);
  const pageBytes = Math.min(MAX_PAGE_BYTES, Math.max(MIN_PAGE_BYTES, Math.floor(HELD_BYTES / names.length)));
  const options = { ...wish, pageBytes, now: Date.now() };
  return new Map(names.map((agent) => [agent, new AgentLines(client, { ...options, agent })]));
}
