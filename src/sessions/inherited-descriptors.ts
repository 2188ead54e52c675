// Closes what the daemon's starter left open, so that neither the daemon nor any agent holds on to it.
import { closeSync, readdirSync } from "node:fs";
import { readProcFile } from "./proc-files.js";

/** O_CLOEXEC in the octal flags of /proc/PID/fdinfo. */
const CLOSE_ON_EXEC = 0o2000000;

/**
 * Closes every descriptor above stderr that a child would inherit, and returns their numbers. To be called first thing:
 * Node marks its own descriptors close-on-exec, and the inherited ones only up to number 15 or so, so what is left without
 * that mark is the starter's. Does nothing where there is no /proc.
 */
export function closeInheritedDescriptors(): number[] {
  if (process.platform !== "linux") return [];
  const inherited = readdirSync("/proc/self/fd").map(Number).filter(isInherited);
  for (const descriptor of inherited) closeSync(descriptor);
  return inherited;
}

function isInherited(descriptor: number): boolean {
  if (descriptor <= 2) return false;
  const flags = /^flags:\s*([0-7]+)$/m.exec(
    readProcFile(`/proc/self/fdinfo/${descriptor}`)?.toString("latin1") ?? "",
  )?.[1];
  return flags !== undefined && (Number.parseInt(flags, 8) & CLOSE_ON_EXEC) === 0;
}
