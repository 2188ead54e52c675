// Finds what lives of the incarnations that nobody knows, by the marks their gates made.
import { isAlive, isFromBeforeReboot } from "./identity.js";
import type { Mark, Marks } from "./marks.js";
import { membersOf } from "./members.js";
import type { Scan } from "./scanner.js";
import type { AgentIncarnation, FoundIncarnation, IsKnown, SessionRef } from "./session.js";

/** What one kind of session looks for, and where. */
export interface Search {
  readonly home: string;
  readonly kind: SessionRef["kind"];
  readonly marks: Marks;
  readonly scan: Scan;
  readonly isKnown: IsKnown;
  readonly clock: { wall(): number };
}

/**
 * As `SessionKind.find`. Reading marks costs next to nothing, so the machine is looked at only when some mark cannot be
 * read, or when the caller has reason to think that marks are gone.
 */
export async function findSessions(
  search: Search,
  findUnmarked: (search: Search) => Promise<readonly FoundIncarnation[]>,
  { thorough }: { readonly thorough: boolean },
): Promise<FoundIncarnation[]> {
  const marks = search.marks.unknown(search.isKnown);
  const found = await Promise.all(marks.map((mark) => findMarked(search, mark)));
  if (!thorough && marks.every(({ ref }) => ref !== null)) return found;
  const isReadable = (owner: AgentIncarnation): boolean => marks.some((mark) => mark.ref !== null && isOf(owner, mark));
  const isKnown: IsKnown = (owner) => search.isKnown(owner) || isReadable(owner);
  return [...found, ...(await findUnmarked({ ...search, isKnown }))];
}

async function findMarked(search: Search, { agent, incarnation, ref }: Mark): Promise<FoundIncarnation> {
  const isOurs = ref !== null && ref.kind === search.kind;
  return {
    agent,
    incarnation,
    ref: isOurs && (await isAnythingLeft(search, { agent, incarnation }, ref)) ? ref : null,
  };
}

/** When the leader is gone, others of its session may be left: they are found too, to be swept. */
async function isAnythingLeft({ home, scan }: Search, owner: AgentIncarnation, ref: SessionRef): Promise<boolean> {
  const { identity: leader, elders } = ref;
  if (await isAlive(leader)) return true;
  if (await isFromBeforeReboot(leader)) return false;
  const table = await scan(Number(leader.start));
  const { entries, areAll } = membersOf(table, { leader, owner: { home, ...owner }, trustGroup: false, elders });
  return entries.length > 0 || !areAll;
}

function isOf(owner: AgentIncarnation, { agent, incarnation }: AgentIncarnation): boolean {
  return owner.agent === agent && owner.incarnation === incarnation;
}
