// Recognises the error codes of system calls.

/** The code that an error carries (`ENOENT`, `EEXIST`, ...); empty for one that has none. */
export function codeOf(error: unknown): string {
  return error instanceof Error && "code" in error ? String(error.code) : "";
}

/** Tells whether an error carries one of these codes. */
export function hasCode(error: unknown, ...codes: readonly string[]): boolean {
  return codes.includes(codeOf(error));
}

/** Null instead of the system's ENOENT: a log before its first line, a backup that was rotated out. Rejects with any other error. */
export async function unlessMissing<T>(work: Promise<T>): Promise<T | null> {
  try {
    return await work;
  } catch (error) {
    if (hasCode(error, "ENOENT")) return null;
    throw error;
  }
}
