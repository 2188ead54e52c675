// handoff.*: what a session leaves for its successor.
import { invalidParams, notPermitted } from "../../protocol/errors.js";
import type { Handlers } from "../server/rpc.js";
import { timestamp } from "../supervisor/status.js";
import { asAgent } from "./permission.js";
import type { Services } from "./services.js";

export function handoffMethods({ supervisor, handoffs }: Services): Pick<Handlers, "handoff.put" | "handoff.get"> {
  return {
    "handoff.put": async ({ caller }, { handoff }) => {
      const { agent, incarnation } = asAgent(caller);
      await handoffs.leave(agent, handoff, incarnation);
      return {};
    },
    "handoff.get": async ({ caller, peer }, { agent }) => {
      if (caller?.role === "agent" && agent !== undefined && agent !== caller.agent) {
        throw notPermitted(`read the handoff of agent "${agent}"`);
      }
      const name = agent ?? (caller?.role === "agent" ? caller.agent : undefined);
      if (name === undefined)
        throw invalidParams(
          "agent: only an agent can leave it out",
          'Name one: {"agent": "mayor"}, as `hearth handoff get mayor` does.',
        );
      const { name: known } = supervisor.get(name);
      const incarnation = caller?.role === "agent" ? caller.incarnation : null;
      const found = await peer.inTurn(() => handoffs.get(known, incarnation));
      return found === null ? null : { ...found, at: timestamp(found.at) };
    },
  };
}
