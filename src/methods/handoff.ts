// handoff.*: what a session leaves for its successor.
import { notPermitted, notPossible } from "../../protocol/errors.js";
import type { Handlers } from "../server/rpc.js";
import { timestamp } from "../supervisor/status.js";
import { asStorageUnavailable } from "./lifecycle.js";
import { asAgent } from "./permission.js";
import type { Services } from "./services.js";

export function handoffMethods({
  supervisor,
  handoffs,
  store,
}: Services): Pick<Handlers, "handoff.put" | "handoff.get"> {
  return {
    "handoff.put": async ({ caller }, { handoff }) => {
      const { agent, incarnation } = asAgent(caller);
      await put().catch(asStorageUnavailable);
      return {};

      async function put(): Promise<void> {
        const file = await handoffs.keep(agent, handoff);
        handoffs.offer(agent, file, incarnation);
        await store.durable();
      }
    },
    "handoff.get": async ({ caller }, { agent }) => {
      if (caller?.role === "agent" && agent !== undefined && agent !== caller.agent) {
        throw notPermitted(`read the handoff of agent "${agent}"`);
      }
      const name = agent ?? (caller?.role === "agent" ? caller.agent : undefined);
      if (name === undefined) throw notPossible("The operator names an agent.", 'Name one: {"agent": "mayor"}.');
      const found = await handoffs.get(supervisor.get(name).name, caller?.role === "agent" ? caller.incarnation : null);
      return found === null ? null : { ...found, at: timestamp(found.at) };
    },
  };
}
