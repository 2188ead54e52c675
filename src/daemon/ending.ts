// The end of a leading daemon, in order: nothing new is begun, agents end or are kept, and its files go last.
import { removeDescriptor } from "./descriptor-file.js";
import { leaveEvents } from "./event-handover.js";
import type { Foundation } from "./foundation.js";
import type { Ending } from "./lifetime.js";
import type { Leadership } from "./lock.js";
import type { Operations } from "./operations.js";
import { leaveSockets } from "./runtime-directory.js";
import type { Surroundings } from "./surroundings.js";

/** All that has to be let go of. */
export interface Holdings {
  readonly place: Surroundings;
  readonly instanceId: string;
  readonly leadership: Leadership;
  readonly foundation: Foundation;
  readonly operations: Operations;
  /** Leaves further calls unanswered. */
  fallSilent(): void;
}

/** Ends the process. */
export async function endInOrder(holdings: Holdings, { reason, keepAgents, exitCode }: Ending): Promise<void> {
  const { place, instanceId, leadership, foundation, operations } = holdings;
  const { hub, log, store, report } = foundation;
  const { supervisor } = operations;
  log.info("the daemon is stopping", { reason, keepAgents });
  hub.publish({ type: "daemon.stopping", agent: null, data: { reason, keepAgents } });
  operations.heartbeat.stop();
  operations.poker.stop();
  operations.taker.stop();
  operations.queue.stop();
  if (keepAgents) supervisor.close();
  else await supervisor.stopAll();
  supervisor.forget();
  await store.close().catch((error: unknown) => report("the state could not be written", error));
  await supervisor.closeSessions().catch((error: unknown) => report("ended sessions could not be cleared", error));
  // Who is told after this that something was done could not be told of it as an event.
  holdings.fallSilent();
  await leaveEvents(place.files.run, hub.seal()).catch((error: unknown) =>
    report("recent events could not be handed over", error),
  );
  // The listener stays open to the end of the process: until then nobody else may lead.
  await leadership.unpublish();
  await removeDescriptor(place.descriptorPath, instanceId);
  await leaveSockets(leadership.socketPath, place.sockets.runtimeDirectory);
  log.info("the daemon has stopped", { reason });
  await log.close();
  process.exit(exitCode);
}
