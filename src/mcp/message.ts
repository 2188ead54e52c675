// Reads messages on their way between client and server, which the SDK has not looked at yet.

/** The fields of anything; none of what is no object. */
export function record(value: unknown): Record<string, unknown> {
  return typeof value === "object" && value !== null ? (value as Record<string, unknown>) : {};
}

/** A key for the request of an id: 1 is another than "1". */
export function requestKey(id: unknown): string {
  return JSON.stringify({ id });
}
