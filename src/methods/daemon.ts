// daemon.*: the process that serves the call.
import type { Handlers } from "../server/rpc.js";
import type { Services } from "./services.js";

type DaemonMethods = "daemon.status" | "daemon.shutdown" | "daemon.restart" | "daemon.reload";

export function daemonMethods({ daemon }: Services): Pick<Handlers, DaemonMethods> {
  return {
    "daemon.status": () => daemon.status(),
    "daemon.shutdown": (call, { keepAgents }) => {
      call.afterAnswer(() => daemon.shutDown({ reason: "daemon.shutdown was called", keepAgents }));
      return {};
    },
    "daemon.restart": async (call) => {
      const handOver = await daemon.prepareSuccession();
      call.afterAnswer(handOver);
      return {};
    },
    "daemon.reload": () => daemon.reload(),
  };
}
