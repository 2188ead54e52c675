// Reads what the journal says of an agent; a record that is damaged must not be acted on.
import { isSessionRef } from "../sessions/marks.js";
import type { AgentRecord } from "./agent.js";
import type { AgentState, Sequel, Status } from "./machine.js";

/** Null when it is no record of an agent. */
export function readAgentRecord(value: unknown): AgentRecord | null {
  if (!isObject(value) || !isCount(value.reservedThrough) || !isObject(value.state)) return null;
  const { state } = value;
  const isState = Object.entries(SHAPE).every(([name, isRight]) => isRight(state[name]));
  return isState && isStderr(value.stderr ?? null) ? (value as unknown as AgentRecord) : null;
}

type Check = (value: unknown) => boolean;

/** All words of a kind; the compiler misses one that is left out, which a record with it would be refused for. */
function words<W extends string>(all: Readonly<Record<W, true>>): readonly string[] {
  return Object.keys(all);
}

const STATUSES = words<Status>({
  ...{ stopped: true, starting: true, running: true, stopping: true, backoff: true, failed: true },
});
const SEQUELS = words<Sequel["kind"]>({ stop: true, restart: true, failure: true, excused: true, unrecorded: true });

const isTime: Check = (value) => Number.isFinite(value);
const isFlag: Check = (value) => typeof value === "boolean";
const isCount: Check = (value) => Number.isSafeInteger(value) && Number(value) >= 0;
const isOneOf = (all: readonly string[]): Check => {
  return (value) => typeof value === "string" && all.includes(value);
};
const orNull = (isRight: Check): Check => {
  return (value) => value === null || isRight(value);
};

const isStderr = orNull((value) => isObject(value) && typeof value.file === "string" && isCount(value.fromByte));

const SHAPE: { readonly [Field in keyof AgentState]: Check } = {
  status: isOneOf(STATUSES),
  wanted: orNull(isOneOf(["up", "down"])),
  incarnation: isCount,
  session: orNull(isSessionRef),
  forking: isFlag,
  startedMono: orNull(isTime),
  ready: isFlag,
  adopted: isFlag,
  restarts: isCount,
  failures: (value) => Array.isArray(value) && value.every(isTime),
  deadline: orNull(isTime),
  lastExit: orNull((value) => isObject(value) && isTime(value.at) && typeof value.reason === "string"),
  sequel: orNull((value) => isObject(value) && isOneOf(SEQUELS)(value.kind)),
};

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null;
}
