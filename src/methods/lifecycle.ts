// lifecycle.*: what agents and operators ask for, accepted here and carried out by the queue.
import { invalidParams, timedOut } from "../../protocol/errors.js";
import { isGlob, matchGlob } from "../../protocol/names.js";
import type { Call, Handlers } from "../server/rpc.js";
import { lifecycleRequest } from "../supervisor/requests-view.js";
import { timeLimited } from "../time-limited.js";
import { assertMayControl } from "./permission.js";
import type { Services } from "./services.js";

type LifecycleMethods = Extract<keyof Handlers, `lifecycle.${string}`>;

export function lifecycleMethods({ supervisor, queue }: Services): Pick<Handlers, LifecycleMethods> {
  return {
    "lifecycle.request": async (call, { agent: named, action, handoff, reason, key, requestedAt }) => {
      const agent = supervisor.get(named ?? ownName(call));
      assertMayControl(supervisor, call.caller, { verb: action, agents: [agent] });
      if (action === "restart" && handoff !== undefined) {
        throw invalidParams(
          "handoff: a restart is fresh and hands nothing over",
          "Ask for a cycle instead, as `hearth cycle AGENT` does.",
        );
      }
      const accepted = await queue.accept({
        ...asker(call),
        agent: agent.name,
        action,
        handoff: handoff ?? null,
        reason: reason ?? null,
        key: key ?? null,
        requestedAt: requestedAt === undefined ? null : Date.parse(requestedAt),
      });
      // Whoever asks for its own end gets the answer first.
      call.afterAnswer(() => queue.advance(agent.name));
      return { request: lifecycleRequest(accepted) };
    },
    "lifecycle.get": (_call, { id }) => ({ request: lifecycleRequest(queue.get(id)) }),
    "lifecycle.wait": async (call, { id, timeoutMs }) => {
      queue.get(id);
      const gone = call.wait();
      const wait = (signal: AbortSignal) => queue.ended(id, signal);
      if (timeoutMs === undefined) return { request: lifecycleRequest(await wait(gone)) };
      const ended = await timeLimited({ signal: gone, ms: timeoutMs }, wait).catch((error: unknown) => {
        throw gone.aborted ? error : timedOut(`request ${id} had ended`);
      });
      return { request: lifecycleRequest(ended) };
    },
    "lifecycle.list": ({ peer }, { agent, state, limit }) => {
      const isMeant = (name: string): boolean =>
        agent === undefined || (isGlob(agent) ? matchGlob(agent, name) : agent === name);
      return peer.inTurn(() => ({ requests: queue.list({ isMeant, state, limit }).map(lifecycleRequest) }));
    },
  };
}

/** @throws HearthError `invalid-params` for the operator, who must name an agent */
function ownName({ caller }: Call): string {
  if (caller?.role === "agent") return caller.agent;
  throw invalidParams(
    "agent: only an agent can leave it out",
    'Name one: {"agent": "mayor"}, as `hearth cycle mayor` does.',
  );
}

function asker({ caller }: Call): { readonly from: string; readonly fromIncarnation: number | null } {
  return caller?.role === "agent"
    ? { from: caller.agent, fromIncarnation: caller.incarnation }
    : { from: "operator", fromIncarnation: null };
}
