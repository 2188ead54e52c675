// What is told of agents: their status, and with it what is told only to those who ask for it.
import type { AgentStatus, CheckedParams } from "../../protocol/methods.js";
import type { Agent } from "../supervisor/agent.js";
import type { Services } from "./services.js";

/** What a caller wants to know beside the status. */
export type Wish = Pick<CheckedParams<"agent.list">, "usage" | "history"> &
  Partial<Pick<CheckedParams<"agent.get">, "restartPolicy">>;

/** Looks at the processes of sessions only when usage is asked for. */
export async function tellOf(
  services: Pick<Services, "supervisor" | "usage">,
  agents: readonly Agent[],
  { usage, history, restartPolicy = false }: Wish,
): Promise<AgentStatus[]> {
  const used = usage ? await services.usage.read() : null;
  const statuses = services.supervisor.status(agents);
  for (const [index, agent] of agents.entries()) {
    const status = statuses[index];
    if (status === undefined) continue;
    if (used !== null) status.usage = used.of(status);
    if (history) status.history = services.supervisor.history(agent);
    if (restartPolicy) status.restartPolicy = { ...agent.spec.restart };
  }
  return statuses;
}
