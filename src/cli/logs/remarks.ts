// What has to be said about lines that were shown: that nobody knows how old they are, or that there are none.
import type { AgentLines } from "./agent-lines.js";
import type { Chosen } from "./chosen-agents.js";

/** More names are counted instead. */
const NAMED = 3;

type About = Pick<AgentLines, "isVague" | "notBefore">;

/** Notes for people; the logs have been read. `stream` is what was asked for instead of the log. */
export function remarks(
  logs: ReadonlyMap<string, About>,
  { patterns, stream }: Pick<Chosen, "patterns"> & { readonly stream?: "stderr" },
): string[] {
  if (logs.size === 0) {
    const lack = stream === undefined ? "" : ` with a file of its own for ${stream}`;
    return [`note: there is no agent ${patterns.join(" ")}${lack}`];
  }
  const vague = [...logs].filter(([, { isVague }]) => isVague);
  const known = vague.flatMap(([agent, { notBefore }]) => (notBefore === null ? [] : [{ agent, notBefore }]));
  const unknown = vague.flatMap(([agent, { notBefore }]) => (notBefore === null ? [agent] : []));
  const earliest = known.map(({ notBefore }) => notBefore).sort()[0];
  return [
    ...(earliest === undefined ? [] : [`${beginning(known.map(({ agent }) => agent))}: they are from ${earliest} on`]),
    ...(unknown.length === 0 ? [] : [`${beginning(unknown)}: some may be older`]),
  ];
}

function beginning(agents: readonly string[]): string {
  const named = agents.slice(0, NAMED).join(", ");
  const more = agents.length > NAMED ? ` and ${agents.length - NAMED} more` : "";
  return `note: lines of ${named}${more} tell no time`;
}
