// What each failure means to a script: its exit code.
import { HearthError } from "../../protocol/errors.js";
import { ClientError, type ClientErrorKind } from "../client-error.js";
import { UsageError } from "./usage-error.js";

/** Exit codes of every command. 78 is EX_CONFIG of sysexits(3), on which service managers are told not to restart. */
export const EXIT = {
  done: 0,
  failed: 1,
  usage: 2,
  offline: 3,
  noSuchAgent: 4,
  timedOut: 5,
  notPermitted: 6,
  config: 78,
  /** As a shell reports a program that SIGINT ended. */
  interrupted: 130,
} as const;

export type ExitName = keyof typeof EXIT;

const CLIENT_CODES: Readonly<Record<ClientErrorKind, number>> = {
  offline: EXIT.offline,
  "connection-lost": EXIT.offline,
  unresponsive: EXIT.failed,
  "descriptor-newer": EXIT.failed,
  "descriptor-damaged": EXIT.failed,
  "launch-failed": EXIT.failed,
  "launch-timed-out": EXIT.timedOut,
  "stop-timed-out": EXIT.timedOut,
  "bad-config": EXIT.config,
  "home-held": EXIT.config,
  "empty-home": EXIT.usage,
  "no-user-home": EXIT.config,
  "no-working-directory": EXIT.config,
  "unusable-home": EXIT.config,
  "socket-path-too-long": EXIT.config,
  "another-owner": EXIT.config,
  "writable-by-others": EXIT.config,
  "not-a-directory": EXIT.config,
  "not-accessible": EXIT.config,
};

/** By the daemon's kinds; what is not here is a plain failure. */
const DAEMON_CODES: ReadonlyMap<string, number> = new Map([
  ["invalid-params", EXIT.usage],
  ["method-not-found", EXIT.usage],
  ["no-such-agent", EXIT.noSuchAgent],
  ["timed-out", EXIT.timedOut],
  ["bad-token", EXIT.notPermitted],
  ["not-attached", EXIT.notPermitted],
  ["not-permitted", EXIT.notPermitted],
  ["bad-config", EXIT.config],
]);

/** The exit code for anything thrown. */
export function exitCodeOf(error: unknown): number {
  if (error instanceof UsageError) return EXIT.usage;
  if (error instanceof ClientError) return CLIENT_CODES[error.kind];
  if (error instanceof HearthError) return DAEMON_CODES.get(error.kind) ?? EXIT.failed;
  return EXIT.failed;
}
