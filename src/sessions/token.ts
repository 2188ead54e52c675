// Hashes the tokens of sessions, which are never written down themselves.
import { createHash } from "node:crypto";

/** SHA-256 of a session's token, hex: all that is ever written down of it. */
export function hashToken(token: string): string {
  return createHash("sha256").update(token).digest("hex");
}
