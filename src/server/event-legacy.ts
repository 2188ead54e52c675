// How a daemon's recent events are spelled for the next one: a line about all of them, then one line for each.
import * as v from "valibot";
import { EVENT_TYPES, type EventType, events } from "../../protocol/events.js";
import { NAME_PATTERN } from "../../protocol/names.js";
import { Count, Timestamp } from "../../protocol/schema.js";
import type { EventLegacy, Numbered } from "./event-memory.js";

const VERSION = 1;

/** Numbers still have room to grow: those of today are a fifth of the largest that a double tells from the next. */
const Seq = v.pipe(Count, v.maxValue(Number.MAX_SAFE_INTEGER / 2));
const Type = v.picklist(EVENT_TYPES);
const Agent = v.pipe(v.string(), v.regex(NAME_PATTERN));

const Header = v.object({
  version: v.literal(VERSION),
  seq: Seq,
  unknownThrough: Seq,
  forgotten: v.array(v.tuple([Seq, Type, v.nullable(Agent)])),
  events: Count,
});

const Line = v.object({ seq: Seq, at: Timestamp, type: Type, agent: v.optional(Agent), data: v.looseObject({}) });

/** The text that `parseLegacy` reads. */
export function formatLegacy({ seq, unknownThrough, forgotten, events }: EventLegacy): string {
  const kinds = forgotten.map(({ seq, event: { type, agent } }) => [seq, type, agent]);
  const header = { version: VERSION, seq, unknownThrough, forgotten: kinds, events: events.length };
  return [JSON.stringify(header), ...events.map(({ json }) => `{${json}`), ""].join("\n");
}

/** Reads what `formatLegacy` wrote; null when any of it is missing, damaged, or of another version. Never throws. */
export function parseLegacy(text: string): EventLegacy | null {
  try {
    const [first = "", ...lines] = text.split("\n");
    const header = v.parse(Header, JSON.parse(first));
    if (lines.pop() !== "" || lines.length !== header.events) return null;
    const { seq, unknownThrough, forgotten } = header;
    const legacy = { seq, unknownThrough, forgotten: forgotten.map(asForgotten), events: lines.map(parseLine) };
    return isInOrder(legacy) ? legacy : null;
  } catch {
    return null;
  }
}

function asForgotten([seq, type, agent]: readonly [number, EventType, string | null]) {
  return { seq, event: { type, agent } };
}

/** What goes on to clients is spelled anew, from what was checked. */
function parseLine(line: string): Numbered {
  const { data, ...rest } = v.parse(Line, JSON.parse(line));
  const members = { ...rest, data: v.parse(events[rest.type] as v.GenericSchema, data) };
  const { seq, type, agent = null } = rest;
  return { seq, event: { type, agent }, json: JSON.stringify(members).slice(1) };
}

/** Numbers grow, and none is beyond the last; what is forgotten is older than what is kept. */
function isInOrder({ seq, unknownThrough, forgotten, events }: EventLegacy): boolean {
  const numbers = [unknownThrough, ...events.map((event) => event.seq), seq + 1];
  const oldest = events[0]?.seq ?? seq + 1;
  const grows = numbers.every((number, index) => index === 0 || number > (numbers[index - 1] ?? number));
  return grows && forgotten.every((each) => each.seq < oldest);
}
