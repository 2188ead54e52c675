// Whose token it is: the operator's, or that of a live session.
import { createHash, randomBytes, timingSafeEqual } from "node:crypto";
import type { Caller } from "../server/peer.js";
import { hashToken } from "../sessions/token.js";
import type { Supervisor } from "../supervisor/supervisor.js";

/** 192 bits, safe in URLs, files and environment variables. */
export function newToken(): string {
  return randomBytes(24).toString("base64url");
}

/** Tells who a token proves its bearer to be; compared by hash, in constant time. */
export function authenticator(operatorToken: string, supervisor: Supervisor): (token: string) => Caller | null {
  const operator = digest(operatorToken);
  return (token) => {
    if (timingSafeEqual(operator, digest(token))) return { role: "operator" };
    const session = supervisor.sessionOfToken(hashToken(token));
    return session === null ? null : { role: "agent", ...session };
  };
}

function digest(token: string): Buffer {
  return createHash("sha256").update(token).digest();
}
