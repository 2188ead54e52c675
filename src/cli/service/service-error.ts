// What goes wrong between Hearth and the system's service manager.

import type { Hint } from "../../../protocol/hint.js";

export type ServiceErrorKind = "no-service-manager" | "service-manager-refused" | "service-impossible";

/** Exit code 1. */
export class ServiceError extends Error {
  override readonly name = "ServiceError";
  constructor(
    readonly kind: ServiceErrorKind,
    message: string,
    /** The command or advice that helps. */
    readonly hint: Hint,
  ) {
    super(message);
  }
}

/** Nobody is there to install into. */
export function noServiceManager(what: string, why: string): ServiceError {
  return new ServiceError(
    "no-service-manager",
    `there is no ${what} to ask: ${why}`,
    "see what would be installed with `hearth service install --print`, or start the daemon with `hearth daemon start`",
  );
}

/** It was asked and did not do it. */
export function managerRefused(command: readonly string[], why: string): ServiceError {
  return new ServiceError(
    "service-manager-refused",
    `\`${command.join(" ")}\` failed: ${why}`,
    "look at the service with `hearth service status`",
  );
}

/** A path can't be written in the manager's files. */
export function impossiblePath(path: string, why: string): ServiceError {
  return new ServiceError(
    "service-impossible",
    `${JSON.stringify(path)} ${why}`,
    "choose another home: `hearth service install --home DIR`",
  );
}
