// The files of a service on disk: written whole or not at all.
import { renameSync, rmSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { makeDirectories } from "../../make-directories.js";
import type { ServiceFile } from "./service.js";

export function writeServiceFile({ path, text }: ServiceFile): void {
  const temporary = `${path}.${process.pid}.tmp`;
  makeDirectories(dirname(path));
  try {
    writeFileSync(temporary, text, { mode: 0o644 });
    renameSync(temporary, path);
  } finally {
    rmSync(temporary, { force: true });
  }
}

export function removeServiceFile({ path }: ServiceFile): void {
  rmSync(path, { force: true });
}
