// How sessions are started and held on each system, as the kinds of session need it.

import { onPlatform } from "../on-platform.js";
import * as posixCommand from "./command.js";
import * as windowsCommand from "./command-windows.js";
import * as posixFifo from "./fifo.js";
import * as windowsFifo from "./fifo-windows.js";
import * as posixGate from "./gate.js";
import * as windowsGate from "./gate-windows.js";
import * as posixHook from "./hook-process.js";
import * as windowsHook from "./hook-process-windows.js";
import { readElders as readWindowsElders } from "./identity-windows.js";
import type { Awaitable } from "./process-entry.js";
import * as posixProgram from "./program.js";
import * as windowsProgram from "./program-windows.js";

/** The program of a command; PATH of an environment. */
export const { findProgram, pathOf } = onPlatform<Pick<typeof posixCommand, "findProgram" | "pathOf">>({
  linux: posixCommand,
  windows: windowsCommand,
  other: posixCommand,
});

/** Makes the pipe through which a process is poked. */
export const { makeFifo } = onPlatform<Pick<typeof posixFifo, "makeFifo">>({
  linux: posixFifo,
  windows: windowsFifo,
  other: posixFifo,
});

/** Starts a hook. */
export const { spawnHook } = onPlatform<Pick<typeof posixHook, "spawnHook">>({
  linux: posixHook,
  windows: windowsHook,
  other: posixHook,
});

/** Starts a small program, and ends it with what it started. */
export const { spawnProgram, killGroup } = onPlatform<Pick<typeof posixProgram, "spawnProgram" | "killGroup">>({
  linux: posixProgram,
  windows: windowsProgram,
  other: posixProgram,
});

/** Starts a command behind a gate. */
export const { spawnGate } = onPlatform<Pick<typeof posixGate, "spawnGate">>({
  linux: posixGate,
  windows: windowsGate,
  other: posixGate,
});

/** Whom a session that is about to begin must not take for its own: see `SessionRef`. Null where start times tell. */
export const readElders = onPlatform<() => Awaitable<readonly string[] | null>>({
  linux: () => null,
  windows: readWindowsElders,
  other: () => null,
});

/** Whether everybody who writes to a log can be held still, so that it is rotated while its session runs. */
export const canHoldStill: boolean = onPlatform({ linux: true, windows: false, other: true });

/** What is sent when somebody asks for a signal by its name; null where there is none of this name. */
export const signalHere = onPlatform<(signal: NodeJS.Signals) => NodeJS.Signals | null>({
  linux: (signal) => signal,
  // Whoever asks for these means the end; stopping an agent is another matter.
  windows: (signal) => (signal === "SIGTERM" || signal === "SIGKILL" ? "SIGKILL" : null),
  other: (signal) => signal,
});

/** Whether a session is told that it is to end: by a signal, or by a connection where there are none. */
export const hearsEnd = onPlatform<(isAttached: () => boolean) => boolean>({
  linux: () => true,
  windows: (isAttached) => isAttached(),
  other: () => true,
});
