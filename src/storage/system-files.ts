// This system's way with files that are open.
import { onPlatform } from "../on-platform.js";
import type { OpenFiles } from "./open-files.js";
import { openFiles as posix } from "./open-files-posix.js";
import { openFiles as windows } from "./open-files-windows.js";

export const openFiles: OpenFiles = onPlatform({ linux: posix, windows, other: posix });
