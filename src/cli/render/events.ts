// Events for people: "TIME TYPE AGENT field=value".
import type { EventNotification } from "../../client/client.js";
import { plain } from "./text.js";

/** An event without its subscription. */
export type Event = Pick<(EventNotification & { readonly method: "event" })["params"], "seq" | "at" | "agent"> & {
  readonly type: string;
  readonly data: object;
};

const TYPE_COLUMNS = 18;

/** One line; what does not apply is left out. */
export function renderEvent({ at, type, agent, data }: Event): string {
  return plain(`${at} ${type.padEnd(TYPE_COLUMNS)} ${agent ?? "-"}`) + renderFields(data);
}

/** What an event says beside its type, each part with a space before it. */
export function renderFields(data: object): string {
  const fields = Object.entries(data)
    .filter(([name, value]) => value !== null && name !== "agent")
    .map(([name, value]) => ` ${name}=${worded(value)}`);
  return plain(fields.join(""));
}

/** Words as they are, and everything else so that it is seen where it ends. */
function worded(value: unknown): string {
  return typeof value === "string" && /^\S+$/.test(value) ? value : JSON.stringify(value);
}
