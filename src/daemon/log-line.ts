// One entry of the daemon's log as a line of JSON.

export type LogLevel = "info" | "warn" | "error";

/** What goes beside the message. Errors are written with their stack; the entry's own keys are not to be overridden. */
export type LogFields = Readonly<Record<string, unknown>> & { readonly [own in "at" | "level" | "message"]?: never };

/** Formats an entry, without its newline; `at` is in unix milliseconds. Never throws: a log must not end its daemon. */
export function logLine(at: number, level: LogLevel, message: string, fields: LogFields = {}): string {
  const entry = { at: new Date(at).toISOString(), level, message };
  try {
    return JSON.stringify({ ...entry, ...fields }, writable);
  } catch (error) {
    return JSON.stringify({ ...entry, unwritableFields: String(error) });
  }
}

/** Replaces what JSON leaves out or refuses: an error's own properties, and whole numbers of any size. */
function writable(_key: string, value: unknown): unknown {
  if (typeof value === "bigint") return value.toString();
  if (value instanceof Error) return { ...value, name: value.name, message: value.message, stack: value.stack };
  return value;
}
