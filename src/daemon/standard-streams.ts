// The pipes that a launching client holds: written to without Node's stream objects, so that they can be let go of.
import { closeSync, openSync, writeSync } from "node:fs";
import { devNull } from "node:os";

const STDOUT = 1;
const STDERR = 2;

export function complain(lines: readonly string[]): void {
  writeQuietly(STDERR, lines.map((line) => `${line}\n`).join(""));
}

/** Tells whoever launched this process something, as one line of JSON. */
export function announce(announcement: object): void {
  writeQuietly(STDOUT, `${JSON.stringify(announcement)}\n`);
}

/** Tells that the daemon serves, then points both streams at nothing: the client that launched it may leave. */
export function announceAndLetGo(announcement: object): void {
  announce(announcement);
  for (const descriptor of [STDOUT, STDERR]) {
    closeSync(descriptor);
    // The lowest free number is given out: the one just closed.
    openSync(devNull, "w");
  }
}

function writeQuietly(descriptor: number, text: string): void {
  try {
    writeSync(descriptor, text);
  } catch {
    // Whoever was listening has gone; there is nobody left to tell.
  }
}
