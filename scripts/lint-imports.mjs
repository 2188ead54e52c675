// Fails when a file imports what the room it lies in may not know. `node scripts/lint-imports.mjs [ROOT]`

import { readdirSync, readFileSync } from "node:fs";
import { builtinModules } from "node:module";
import { dirname, join, posix, relative, resolve, sep } from "node:path";
import { fileURLToPath } from "node:url";

const PATHS = [
  ...["src/paths.ts", "src/trust.ts", "src/errno.ts", "src/make-directories.ts", "src/on-platform.ts"],
  ...["src/command-line-windows.ts", "src/regular-file.ts"],
];
const HINT = "protocol/hint.ts";
const CLIENT_ERROR = "src/client-error.ts";
/** Where sockets are and who listens there: for the daemon, and for a client that may have to wake it. */
const SOCKETS = ["src/socket-directory.ts", "src/unix-sockets.ts", "src/pipe-names-windows.ts"];
const TIME_LIMITED = "src/time-limited.ts";

/**
 * What each room may import besides itself. A file belongs to the longest path here that it begins with,
 * so a single file can be held to more than its room; one that belongs to none is refused.
 */
const ROOMS = {
  "protocol/": [],
  [CLIENT_ERROR]: [HINT],
  "src/paths.ts": [CLIENT_ERROR],
  "src/trust.ts": ["src/paths.ts", "src/errno.ts", CLIENT_ERROR, HINT],
  "src/errno.ts": [],
  "src/make-directories.ts": ["src/errno.ts"],
  "src/head.cjs": [],
  "src/on-platform.ts": [],
  "src/regular-file.ts": [],
  "src/command-line-windows.ts": [],
  "src/pipe-names-windows.ts": [],
  "src/socket-directory.ts": PATHS,
  "src/unix-sockets.ts": [],
  [TIME_LIMITED]: [],
  "src/client/": ["protocol/", CLIENT_ERROR, ...SOCKETS, ...PATHS],
  "src/cli/": ["protocol/", CLIENT_ERROR, "src/client/", "src/mcp/", ...PATHS],
  "src/mcp/": ["protocol/", CLIENT_ERROR, "src/client/", ...PATHS],
  "src/config/": ["protocol/", ...PATHS],
  "src/sessions/": ["protocol/", "src/config/spec.ts", "src/logs/", TIME_LIMITED, ...PATHS],
  "src/storage/": ["protocol/", ...PATHS],
  "src/logs/": ["protocol/", ...PATHS],
  "src/supervisor/": ["protocol/", "src/config/", "src/sessions/", "src/storage/", "src/logs/", ...PATHS],
  "src/supervisor/machine.ts": ["src/config/spec.ts", "src/sessions/session.ts", "src/supervisor/restart-policy.ts"],
  "src/supervisor/restart-policy.ts": ["src/config/spec.ts"],
  "src/triggers/": ["protocol/", "src/config/spec.ts", ...PATHS],
  "src/server/": ["protocol/", ...PATHS],
  "src/methods/": ["protocol/", "src/server/", "src/supervisor/", "src/config/", "src/logs/", TIME_LIMITED, ...PATHS],
  "src/daemon/": [
    ...["config", "sessions", "storage", "logs", "supervisor", "triggers", "server", "methods"].map(
      (room) => `src/${room}/`,
    ),
    ...["protocol/", ...SOCKETS, ...PATHS],
  ],
};

/** Two rooms that no file may know both, except where they meet and where the daemon is wired together. */
const STRANGERS = ["src/server/", "src/supervisor/"];
const MEETING_PLACES = [
  "src/methods/",
  ...["access", "control", "foundation", "heartbeats", "lifecycle", "operations", "serve"].map(
    (file) => `src/daemon/${file}.ts`,
  ),
];

/** Files that get time, randomness and the system as values, and so may not load a module of Node's. */
const PURE = ["src/supervisor/machine.ts", "src/supervisor/restart-policy.ts"];

/** Which rooms may use which package; one that is not named here is refused. */
const PACKAGES = {
  "json-rpc-2.0": ["src/client/", "src/server/"],
  valibot: ["protocol/", "src/server/", "src/methods/", "src/config/"],
  "@valibot/to-json-schema": ["protocol/"],
  yargs: ["src/cli/"],
  "@modelcontextprotocol/server": ["src/mcp/"],
  winston: ["src/daemon/"],
  "winston-daily-rotate-file": ["src/daemon/"],
  "ps-list": ["src/sessions/"],
  "smol-toml": ["src/config/"],
  croner: ["src/config/"],
  chokidar: ["src/triggers/"],
  "toml-eslint-parser": ["src/config/"],
};

/** Static, type-only, re-exporting and dynamic imports alike. */
const IMPORT = /(?<!["'])\b(?:from|import)\s*\(?\s*["']([^"'\s]+)["']/g;

function sourceFiles(root) {
  return ["protocol", "src"].flatMap((folder) =>
    readdirSync(join(root, folder), { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile() && /\.[cm]?[jt]s$/.test(entry.name))
      .map((entry) => relative(root, join(entry.parentPath, entry.name)).split(sep).join("/")),
  );
}

function roomOf(file) {
  const rooms = Object.keys(ROOMS).filter((room) => file.startsWith(room));
  return rooms.sort((a, b) => b.length - a.length)[0];
}

/** Why `file` in `room` may not import `specifier`; undefined when it may. */
function objection(file, room, specifier) {
  if (specifier.startsWith(".")) return objectionToFile(file, room, specifier);
  if (specifier.startsWith("node:") || builtinModules.includes(specifier)) {
    return PURE.includes(file) ? "is pure: time, randomness and the system come in as values" : undefined;
  }
  const name = specifier.split("/", specifier.startsWith("@") ? 2 : 1).join("/");
  return PACKAGES[name]?.some((user) => file.startsWith(user)) ? undefined : `${room} may not use this package`;
}

const targetOf = (file, specifier) => posix.join(posix.dirname(file), specifier).replace(/\.js$/, ".ts");

function objectionToFile(file, room, specifier) {
  const own = room.endsWith("/") ? [room] : [];
  const allowed = [...own, ...ROOMS[room]];
  if (allowed.some((path) => targetOf(file, specifier).startsWith(path))) return undefined;
  return `${room} may import only ${allowed.length > 0 ? allowed.join(", ") : "nothing of this project"}`;
}

/** The import that makes a file know both strangers, if it may not. */
function secondStranger(file, imports) {
  if (MEETING_PLACES.some((place) => file.startsWith(place))) return [];
  const known = STRANGERS.map((room) => imports.find(({ specifier }) => targetOf(file, specifier).startsWith(room)));
  if (known.includes(undefined)) return [];
  const why = `${STRANGERS.join(" and ")} meet only in ${MEETING_PLACES.join(", ")}`;
  return [{ ...known.sort((a, b) => a.line - b.line)[1], why }];
}

function importsOf(text) {
  return [...text.matchAll(IMPORT)].map(({ index, 1: specifier }) => ({
    specifier,
    line: text.slice(0, index).split("\n").length,
  }));
}

/** Every objection to one file, each as `file:line: imports X: why`. */
function objectionsTo(root, file) {
  const room = roomOf(file);
  if (room === undefined) return [`${file}:1: lies in no room that scripts/lint-imports.mjs knows`];
  const imports = importsOf(readFileSync(join(root, file), "utf8"));
  const refused = imports
    .map((entry) => ({ ...entry, why: objection(file, room, entry.specifier) }))
    .filter(({ why }) => why !== undefined);
  return [...refused, ...secondStranger(file, imports)].map(
    ({ line, specifier, why }) => `${file}:${line}: imports ${specifier}: ${why}`,
  );
}

const root = resolve(process.argv[2] ?? dirname(dirname(fileURLToPath(import.meta.url))));
const objections = sourceFiles(root).flatMap((file) => objectionsTo(root, file));
for (const line of objections) console.error(line);
if (objections.length > 0) process.exitCode = 1;
