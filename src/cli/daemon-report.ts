// What is found of a daemon, as `daemon status` and the verbs beside it print it.

import type { Whereabouts } from "../client/discover.js";
import { type Probe, pidOf } from "../client/probe.js";
import type { DaemonReport } from "./render/daemon.js";

/** The report of a probe. */
export function toReport(found: Probe, { descriptorPath, socketPath }: Whereabouts): DaemonReport {
  const head = { status: found.state, pid: pidOf(found), descriptorPath };
  const socket = socketPath ?? (found.state === "stopped" ? null : (found.descriptor?.socketPath ?? null));
  if (found.state === "running")
    return { ...head, socketPath: found.socketPath, ...why(found.why), ...statusFields(found) };
  return { ...head, socketPath: socket, ...(found.state === "stopped" ? {} : why(found.why)) };
}

function statusFields({ status, socketPath, descriptor }: Probe & { readonly state: "running" }): object {
  // How this client reached it counts, whatever the daemon calls itself.
  return status === null ? {} : { ...status, socketPath, pid: descriptor?.pid ?? status.pid };
}

function why(reason: string | null): { readonly why?: string } {
  return reason === null ? {} : { why: reason };
}
