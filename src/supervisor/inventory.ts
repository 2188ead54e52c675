// Brings what was recorded of all agents into agreement with what is there.
import type { AgentIncarnation, FoundIncarnation, IsKnown, SessionKind, SessionRef } from "../sessions/session.js";
import type { Store } from "../storage/store.js";
import type { AgentRecord } from "./agent.js";
import { readAgentRecord } from "./agent-record.js";
import type { Clock } from "./clock.js";
import type { Offer } from "./handoffs.js";
import { revive } from "./revive.js";
import { type LiveSession, takeStock } from "./stock.js";

/** Where to look. */
export interface InventoryWorld {
  readonly store: Store;
  readonly clock: Clock;
  /** Names this boot of this machine (or container). */
  readonly boot: string;
  readonly sessions: Readonly<Record<SessionRef["kind"], SessionKind>>;
  report(agent: string, message: string, error: unknown): void;
}

/** By agent. */
export interface Inventory {
  readonly records: ReadonlyMap<string, AgentRecord>;
  /** Sessions that live on though their agent has a later one. */
  readonly strays: ReadonlyMap<string, readonly LiveSession[]>;
}

/** What an earlier daemon recorded of each agent; a damaged record is left out. */
export function readRecords({ store, boot, clock, report }: InventoryWorld): Map<string, AgentRecord> {
  const lastBoot = store.entries("daemon").get("boot");
  const reboot = lastBoot === undefined || lastBoot === boot ? null : { at: clock.wall() };
  if (lastBoot !== boot) store.put("daemon", "boot", boot);
  const records = new Map<string, AgentRecord>();
  for (const [name, value] of store.entries("agent")) {
    const record = readAgentRecord(value);
    if (record === null) report(name, "its record is left out", "it is damaged");
    else records.set(name, revive(record, reboot));
  }
  return records;
}

/** Reads the records and puts right, in the journal too, what sessions that nobody recorded prove to be wrong. */
export async function takeInventory(world: InventoryWorld): Promise<Inventory> {
  const { store, clock } = world;
  // An earlier daemon would have recorded its boot.
  const isStateLost = store.damage.length > 0 || !store.entries("daemon").has("boot");
  const records = readRecords(world);
  const strays = new Map<string, readonly LiveSession[]>();
  const now = { wall: clock.wall(), mono: clock.mono() };
  for (const [agent, found] of await findUnknown(world, records, { thorough: isStateLost })) {
    const stock = takeStock(records.get(agent) ?? null, found, now);
    tell(world, agent, found, stock);
    records.set(agent, stock.record);
    store.put("agent", agent, stock.record);
    if (stock.strays.length > 0) strays.set(agent, stock.strays);
  }
  return { records, strays };
}

/** By agent: incarnations that ran, or must have, and are in no record. */
async function findUnknown(
  { sessions, store }: InventoryWorld,
  records: ReadonlyMap<string, AgentRecord>,
  options: { readonly thorough: boolean },
): Promise<ReadonlyMap<string, readonly FoundIncarnation[]>> {
  const isKnown: IsKnown = ({ agent, incarnation }) => {
    const state = records.get(agent)?.state;
    return state !== undefined && state.session !== null && state.incarnation === incarnation;
  };
  const isNews = ({ agent, incarnation }: AgentIncarnation): boolean =>
    incarnation > (records.get(agent)?.state.incarnation ?? 0);
  const found = await Promise.all(Object.values(sessions).map((kind) => kind.find(isKnown, options)));
  return groupByAgent([...found.flat(), ...leftHandoffs(store).filter(isNews)]);
}

/** Whoever has left a handoff, or taken one, has run. */
function leftHandoffs(store: Store): FoundIncarnation[] {
  const offers = store.entries("handoff") as ReadonlyMap<string, Partial<Offer>>;
  return [...offers].map(([agent, { fromIncarnation = 0, takenBy }]) => {
    return { agent, incarnation: Math.max(fromIncarnation, takenBy ?? 0), ref: null };
  });
}

function groupByAgent(found: readonly FoundIncarnation[]): Map<string, FoundIncarnation[]> {
  const byAgent = new Map<string, FoundIncarnation[]>();
  for (const each of found) byAgent.set(each.agent, [...(byAgent.get(each.agent) ?? []), each]);
  return byAgent;
}

function tell(
  { report }: InventoryWorld,
  agent: string,
  found: readonly FoundIncarnation[],
  { record, strays }: ReturnType<typeof takeStock>,
): void {
  const { session, incarnation } = record.state;
  const name = (number: number, { identity }: SessionRef): string => `incarnation ${number}, pid ${identity.pid}`;
  if (session !== null && found.some((each) => each.incarnation === incarnation))
    report(agent, "a session that no record tells of is taken over", name(incarnation, session));
  for (const stray of strays)
    report(agent, "a session that a later one has replaced is ended", name(stray.incarnation, stray.ref));
}
