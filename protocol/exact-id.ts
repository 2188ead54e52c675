// Ids that are numbers no double can hold, kept as they were written: an answer carries the same id as its request.

/** Begins the string that stands for such a number while a message is in memory; no peer can know it. */
const MARK = `number-${Math.random()}:`;

// A quote within a string has a backslash before it, so only a key can look like this.
const ID_IN_REQUEST = /(?<!\\)"id"(\s*:\s*)(-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?)/g;
const ID_IN_ANSWER = new RegExp(`"id":"${MARK}([^"]+)"`, "g");

/** The message that a text is, which was parsed as `value` already. */
export function keepExactIds(value: unknown, text: string): unknown {
  if (!(Array.isArray(value) ? value.some(hasInexactId) : hasInexactId(value))) return value;
  return JSON.parse(
    text.replaceAll(ID_IN_REQUEST, (whole, colon: string, number: string) =>
      isInexact(Number(number)) ? `"id"${colon}${JSON.stringify(MARK + number)}` : whole,
    ),
  );
}

/** The JSON text of a message, with the numbers that its ids stand for. */
export function writeExactIds(message: object): string {
  const json = JSON.stringify(message);
  const isMarked = Array.isArray(message) ? message.some(hasMarkedId) : hasMarkedId(message);
  return isMarked ? json.replaceAll(ID_IN_ANSWER, '"id":$1') : json;
}

/** Of a message or, since a cancellation names the request it means, of its params. */
function hasInexactId(message: unknown): boolean {
  if (typeof message !== "object" || message === null) return false;
  const { id, params } = message as { readonly id?: unknown; readonly params?: { readonly id?: unknown } | null };
  return isInexact(id) || isInexact(params?.id);
}

function isInexact(id: unknown): boolean {
  return typeof id === "number" && !Number.isSafeInteger(id);
}

function hasMarkedId(message: unknown): boolean {
  const { id } = (message ?? {}) as { readonly id?: unknown };
  return typeof id === "string" && id.startsWith(MARK);
}
