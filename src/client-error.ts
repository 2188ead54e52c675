// An error that is made on this side of the socket, never on the wire: the client's own, and those about paths that the daemon has too.
import type { Hint } from "../protocol/hint.js";

/** Stable names of these errors. */
export type ClientErrorKind =
  | "offline"
  | "connection-lost"
  | "unresponsive"
  | "descriptor-newer"
  | "descriptor-damaged"
  | "launch-failed"
  | "launch-timed-out"
  | "stop-timed-out"
  | "bad-config"
  | "home-held"
  | PathErrorKind
  | TrustErrorKind;

/** Why a path cannot serve as what it was meant for. */
export type PathErrorKind =
  | "empty-home"
  | "no-user-home"
  | "no-working-directory"
  | "unusable-home"
  | "socket-path-too-long";

/** Why a path is refused. */
export type TrustErrorKind = "another-owner" | "writable-by-others" | "not-a-directory" | "not-accessible";

/** An error of the client's own. What the daemon answers is a HearthError. */
export class ClientError extends Error {
  override readonly name: string = "ClientError";
  constructor(
    readonly kind: ClientErrorKind,
    message: string,
    /** The command or advice that helps. */
    readonly hint: Hint,
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}
