// How sessions are started and held on each system, as the kinds of session need it.

import { onPlatform } from "../on-platform.js";
import * as posixCommand from "./command.js";
import * as windowsCommand from "./command-windows.js";
import * as posixFifo from "./fifo.js";
import * as windowsFifo from "./fifo-windows.js";
import * as posixGate from "./gate.js";
import * as windowsGate from "./gate-windows.js";
import * as posixStillness from "./hold-still.js";
import * as windowsStillness from "./hold-still-windows.js";

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

/** Starts a command behind a gate. */
export const { spawnGate } = onPlatform<Pick<typeof posixGate, "spawnGate">>({
  linux: posixGate,
  windows: windowsGate,
  other: posixGate,
});

/** Holds everybody still who writes to a log. */
export const { holdStill } = onPlatform<Pick<typeof posixStillness, "holdStill">>({
  linux: posixStillness,
  windows: windowsStillness,
  other: posixStillness,
});

/** Whether a session is told that it is to end: by a signal, or by a connection where there are none. */
export const hearsEnd = onPlatform<(isAttached: () => boolean) => boolean>({
  linux: () => true,
  windows: (isAttached) => isAttached(),
  other: () => true,
});
