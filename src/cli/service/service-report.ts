// What is known of a service, as the service commands print it.
import { type Installation, isInstalled } from "./installation.js";
import type { ServiceState } from "./service.js";
import { ServiceError } from "./service-error.js";

/** What `service status --json` prints, and install and uninstall when they are done. */
export interface ServiceReport {
  readonly manager: string;
  readonly name: string;
  readonly home: string;
  readonly installed: boolean;
  /** Starts at login; null when the manager can't be asked. */
  readonly enabled: boolean | null;
  /** Its daemon runs; null when the manager can't be asked. */
  readonly active: boolean | null;
  readonly pid: number | null;
  readonly files: readonly string[];
  /** Why the manager can't be asked. */
  readonly why?: string;
}

export async function reportService(installation: Installation): Promise<ServiceReport> {
  const { manager, service, files } = installation;
  const { name, home } = service;
  const installed = isInstalled(installation);
  const state = installed ? await stateOf(installation) : { enabled: false, active: false, pid: null };
  return { manager: manager.name, name, home, installed, ...state, files: files.map(({ path }) => path) };
}

type StateReport = Pick<ServiceReport, "enabled" | "active" | "pid" | "why">;

async function stateOf({ manager, service }: Installation): Promise<ServiceState | StateReport> {
  try {
    return await manager.state(service);
  } catch (error) {
    if (!(error instanceof ServiceError)) throw error;
    return { enabled: null, active: null, pid: null, why: error.message };
  }
}
