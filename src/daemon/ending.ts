// The end of a leading daemon, in order: nothing new is begun, agents end or are kept, and its files go last.
import { leaveEvents } from "./event-handover.js";
import { EXIT } from "./failure.js";
import type { Foundation } from "./foundation.js";
import { awaitHeir, type Estate, findHeir } from "./heir.js";
import type { Ending } from "./lifetime.js";
import type { Incumbent, Leadership } from "./lock.js";
import type { Operations } from "./operations.js";
import type { Presence } from "./presence.js";
import type { Surroundings } from "./surroundings.js";

/** All that has to be let go of. */
export interface Holdings {
  readonly place: Surroundings;
  readonly leadership: Leadership;
  readonly foundation: Foundation;
  readonly operations: Operations;
  readonly presence: Presence;
  /** Nothing is done for callers from here on: it could neither be recorded nor told as an event. */
  refuseCalls(): void;
}

/**
 * Ends the process. Once the lock is lost nothing is written any more: what somebody deletes must not come back in parts,
 * and what another daemon leads is not this one's.
 */
export async function endInOrder(holdings: Holdings, ending: Ending): Promise<void> {
  const { foundation, operations } = holdings;
  const heir = (await findHeir(estateOf(holdings))) ?? (await endAgents(holdings, ending));
  operations.supervisor.forget();
  holdings.refuseCalls();
  if (heir === null) await letGo(holdings);
  const reason = heir === null ? ending.reason : `another daemon (pid ${heir.pid}) leads this home and has its agents`;
  foundation.log.info("the daemon has stopped", { reason });
  await foundation.log.close();
  process.exit(heir === null ? ending.exitCode : EXIT.config);
}

/** Resolves with the daemon that they fall to, should there be one before they have ended. */
async function endAgents(holdings: Holdings, { reason, keepAgents }: Ending): Promise<Incumbent | null> {
  const { foundation, operations } = holdings;
  const { supervisor, heartbeat, poker, taker, queue, logSizes, agentLogs, triggers } = operations;
  foundation.log.info("the daemon is stopping", { reason, keepAgents });
  foundation.hub.publish({ type: "daemon.stopping", agent: null, data: { reason, keepAgents } });
  heartbeat.stop();
  poker.stop();
  taker.stop();
  queue.stop();
  logSizes.stop();
  triggers.stop();
  const rotationsEnded = agentLogs.close();
  if (keepAgents) supervisor.close();
  const heir = keepAgents ? null : await stopUnlessInherited(holdings);
  await rotationsEnded;
  // Last, since the ends of the agents are what they are told of.
  await operations.hooks.close();
  return heir;
}

async function stopUnlessInherited(holdings: Holdings): Promise<Incumbent | null> {
  const stopped = new AbortController();
  const ended = holdings.operations.supervisor.stopAll().finally(() => stopped.abort());
  const heir = await awaitHeir(estateOf(holdings), stopped.signal);
  if (heir === null) await ended;
  else ended.catch(() => {});
  return heir;
}

async function letGo(holdings: Holdings): Promise<void> {
  const { leadership, foundation, operations } = holdings;
  if (leadership.stillHeld()) await keepState(holdings);
  await operations.supervisor
    .closeSessions()
    .catch((error: unknown) => foundation.report("ended sessions could not be cleared", error));
  if (leadership.stillHeld()) await keepEvents(holdings);
  // The listener stays open to the end of the process: until then nobody else may lead.
  if ((await leadership.rival()) === null) await takeAway(holdings);
}

/** What is left says of itself that its daemon is gone. */
async function takeAway({ presence, foundation: { report } }: Holdings): Promise<void> {
  await presence.withdraw().catch((error: unknown) => report("socket and descriptor could not be removed", error));
}

async function keepState({ foundation: { store, report } }: Holdings): Promise<void> {
  await store.close().catch((error: unknown) => report("the state could not be written", error));
}

async function keepEvents({ place, foundation: { hub, report } }: Holdings): Promise<void> {
  await leaveEvents(place.files.run, hub.seal()).catch((error: unknown) =>
    report("recent events could not be handed over", error),
  );
}

function estateOf({ place, leadership, foundation }: Holdings): Estate {
  return { files: place.files, leadership, store: foundation.store };
}
