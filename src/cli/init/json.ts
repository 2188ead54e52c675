// Somebody else's JSON, of which nothing is certain.

/** A JSON text's object; null when it is not one. */
export function parseObject(text: string | null): Readonly<Record<string, unknown>> | null {
  try {
    return text === null ? null : asObject(JSON.parse(text));
  } catch {
    return null;
  }
}

/** A value if it is an object with fields, otherwise an empty one. */
export function asObject(value: unknown): Readonly<Record<string, unknown>> {
  return isObject(value) ? value : {};
}

/** Whether a value is an object with fields. */
export function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** A value if it is text with something in it. */
export function asText(value: unknown): string | null {
  return typeof value === "string" && value.trim() !== "" ? value : null;
}
