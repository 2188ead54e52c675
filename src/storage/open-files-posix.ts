// Files that are open can be replaced and cut like any others.
import { ftruncateSync, renameSync } from "node:fs";
import { rename } from "node:fs/promises";
import type { OpenFiles } from "./open-files.js";

export const openFiles: OpenFiles = {
  replaceOwn: ({ from, to }) => renameSync(from, to),
  replace: rename,
  truncate: ({ fd }, bytes) => ftruncateSync(fd, bytes),
};
