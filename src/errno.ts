// Recognises the error codes of system calls.

/** The code that an error carries (`ENOENT`, `EEXIST`, ...); empty for one that has none. */
export function codeOf(error: unknown): string {
  return error instanceof Error && "code" in error ? String(error.code) : "";
}

/** Tells whether an error carries one of these codes. */
export function hasCode(error: unknown, ...codes: readonly string[]): boolean {
  return codes.includes(codeOf(error));
}
