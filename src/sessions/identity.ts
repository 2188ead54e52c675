// Tells whether a process is still the one that was recorded, and signals it only then.

import { onPlatform } from "../on-platform.js";
import * as linux from "./identity-linux.js";
import * as other from "./identity-other.js";
import * as windows from "./identity-windows.js";
import type { Awaitable, ProcessEntry } from "./process-entry.js";
import type { Machine, ProcessIdentity } from "./session.js";

/** How one platform tells processes apart. On Linux every answer comes at once; elsewhere some take a run of ps. */
interface Identities {
  thisMachine(): Awaitable<Machine>;
  readIdentity(pid: number): Awaitable<ProcessIdentity | null>;
  isAlive(identity: ProcessIdentity): Awaitable<boolean>;
  mayBeAlive(identity: ProcessIdentity): boolean;
  signalProcess(identity: ProcessIdentity, signal: NodeJS.Signals): Awaitable<boolean>;
  signalGroup(pgid: number, members: readonly ProcessEntry[], signal: NodeJS.Signals): boolean;
}

const platform: Identities = onPlatform<Identities>({ linux, windows, other });

/** What the identities of all processes have in common that this process can meet. */
export const thisMachine = platform.thisMachine;

/** Identity of the process that has this PID now; null when there is none. */
export const readIdentity = platform.readIdentity;

/** True while exactly this process lives. Zombies, reused PIDs and processes from before a reboot are not alive. */
export const isAlive = platform.isAlive;

/** True when it was started before this machine, or this container, was: then nothing of it can be left. */
export async function isFromBeforeReboot({ boot, init }: ProcessIdentity): Promise<boolean> {
  const own = await thisMachine();
  return own.boot !== boot || own.init !== init;
}

/** A look that is cheap enough for once a second: false only when `isAlive` would be false too. */
export const mayBeAlive = platform.mayBeAlive;

/** Sends a signal to a process whose identity is checked right before. False when there was nothing to signal. */
export const signalProcess = platform.signalProcess;

/** Sends a signal to a process group of which `members` were seen; see the platforms for what is checked. */
export const signalGroup = platform.signalGroup;
