// Brings every method of the protocol to the function that answers it.
import { agentMethods } from "../methods/agent.js";
import { daemonMethods } from "../methods/daemon.js";
import { eventMethods } from "../methods/events.js";
import { handoffMethods } from "../methods/handoff.js";
import { lifecycleMethods } from "../methods/lifecycle.js";
import { logMethods } from "../methods/logs.js";
import type { Services } from "../methods/services.js";
import { systemMethods } from "../methods/system.js";
import type { LimitsInForce } from "../server/limits.js";
import { Rpc } from "../server/rpc.js";

export function createRpc(services: Services, limits: LimitsInForce): Rpc {
  return new Rpc({
    handlers: {
      ...systemMethods(services),
      ...daemonMethods(services),
      ...agentMethods(services),
      ...eventMethods(services),
      ...logMethods(services),
      ...lifecycleMethods(services),
      ...handoffMethods(services),
    },
    limits,
    isCurrent: (caller) => caller.role === "operator" || services.supervisor.isCurrent(caller),
    report: (method, error) => services.report(`${method} failed`, error),
  });
}
