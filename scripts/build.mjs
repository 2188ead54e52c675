// Builds dist/: the two programs, the two libraries, their type declarations and the protocol document.

import { execFile } from "node:child_process";
import { chmod, copyFile, mkdir, mkdtemp, readdir, readFile, rename, rm, stat } from "node:fs/promises";
import { createRequire } from "node:module";
import { dirname, join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { build } from "esbuild";
import { assemblePrograms } from "./compiled-code.mjs";
import { leanLogging } from "./lean-logging.mjs";

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const dist = join(root, "dist");

const HOT_CLI = "src/cli/hot.ts";
const WHOLE_CLI = "src/cli/main.ts";
const STATUS_CLI = "src/cli/status-program.ts";
const CLIENT = "src/client/index.ts";

/** Packages that would make the client slow to start; the daemon may use them. */
const DAEMON_ONLY = [
  ...["winston", "winston-daily-rotate-file", "valibot", "ps-list", "smol-toml", "toml-eslint-parser"],
  ...["croner", "chokidar"],
];
/** Folders of src/ that have no place in a client. */
const DAEMON_ROOMS = ["config", "daemon", "server", "methods", "supervisor", "sessions", "storage", "logs", "triggers"];
/** How long a chunk that no build writes any more is kept, for programs that are still running from it. */
const STALE_CHUNK_MS = 60 * 60 * 1000;

const SHEBANG = "#!/usr/bin/env node";

const shared = {
  absWorkingDir: root,
  bundle: true,
  platform: "node",
  target: "node20.19",
  metafile: true,
  logLevel: "warning",
  legalComments: "none",
};

/** `hearth` as it is started: only what is called all the time, in one file. */
function bundleHotHearth() {
  return buildProgram(HOT_CLI, { write: false });
}

/** `hearth status` for people, in one file. */
function bundleStatus() {
  return buildProgram(STATUS_CLI, { write: false });
}

/** The whole of `hearth`: ES modules with a chunk for each command that is loaded on demand. */
function buildWholeHearth(outdir) {
  return build({
    ...shared,
    entryPoints: { hearth: WHOLE_CLI },
    outdir,
    format: "esm",
    splitting: true,
    chunkNames: "chunks/[name]-[hash]",
    minify: true,
    keepNames: true,
    banner: { js: SHEBANG },
  });
}

/** Packages that few daemons need: each in a file of its own beside hearthd, which is read when one of them is. */
const RARELY_NEEDED = ["croner", "chokidar"];

const rarelyNeededFile = (name) => `hearthd-${name}.cjs`;

/** Leaves them out of hearthd: even unused code costs each daemon its start and its memory. */
const besideHearthd = {
  name: "beside-hearthd",
  setup(build) {
    const filter = new RegExp(`^(${RARELY_NEEDED.join("|")})$`);
    build.onResolve({ filter }, ({ path }) => ({ path: `./${rarelyNeededFile(path)}`, external: true }));
  },
};

function buildRarelyNeeded(outdir) {
  const builds = RARELY_NEEDED.map((name) =>
    build({
      ...shared,
      entryPoints: [name],
      outfile: join(outdir, rarelyNeededFile(name)),
      format: "cjs",
      minify: true,
    }),
  );
  return Promise.all(builds);
}

/** `hearthd`. ps-list asks where it lies as only an ES module can, and would fail when it is loaded from CommonJS. */
function bundleHearthd() {
  return buildProgram("src/daemon/main.ts", {
    write: false,
    plugins: [leanLogging, besideHearthd],
    // Node's loader of ES modules would be started for the first file that is loaded later.
    supported: { "dynamic-import": false },
    define: { "import.meta.url": "hearthdUrl" },
    banner: { js: 'const hearthdUrl = require("node:url").pathToFileURL(__filename).href;' },
  });
}

/** The programs that are started all the time, each with its compiled code. */
async function buildPrograms(outdir) {
  const [hearthd, hot, status] = await Promise.all([bundleHearthd(), bundleHotHearth(), bundleStatus()]);
  refuseHeavyCode(HOT_CLI, hot.metafile);
  refuseHeavyCode(STATUS_CLI, status.metafile);
  const clients = [
    { name: "hearth", bundle: textOf(hot), args: ["status", "--json"] },
    { name: "hearth-status", bundle: textOf(status), args: ["status"] },
  ];
  await assemblePrograms({ hearthd: textOf(hearthd), clients }, outdir);
}

const textOf = ({ outputFiles: [{ text }] }) => text;

/** What ps-list runs to see the processes of Windows; it looks for it beside hearthd. */
async function copyWindowsProgram(outdir) {
  const [from, to] = [join(root, "node_modules", "ps-list", "vendor"), join(outdir, "vendor")];
  await mkdir(to);
  for (const name of await readdir(from)) await copyFile(join(from, name), join(to, name));
}

/**
 * A program in one CommonJS file, which Node starts faster than the same as an ES module. Without `keepNames`, which wraps
 * every function: it was measured to cost the idle daemon 2 MB, and the client its start.
 */
function buildProgram(entryPoint, options) {
  return build({
    ...shared,
    ...options,
    entryPoints: [entryPoint],
    format: "cjs",
    minify: true,
  });
}

/** `hearthd/client` and `hearthd/protocol`: one file each, with nothing to install beside it. */
function buildLibrary(entryPoint, options) {
  return build({ ...shared, ...options, entryPoints: [entryPoint], format: "esm" });
}

/** Source files that really ended up in an output, once what nobody uses was dropped. */
function contentOf(output) {
  return Object.entries(output.inputs)
    .filter(([, { bytesInOutput }]) => bytesInOutput > 0)
    .map(([input]) => input);
}

const isDaemonCode = (input) =>
  DAEMON_ONLY.some((name) => input.includes(`node_modules/${name}/`)) ||
  DAEMON_ROOMS.some((room) => input.startsWith(`src/${room}/`));

const isMcpCode = (input) => input.startsWith("src/mcp/") || input.includes("node_modules/@modelcontextprotocol/");

/** Outputs that are loaded as soon as the program starts: its entry point and what that imports statically. */
function eagerOutputs({ outputs }, entryPoint) {
  const eager = new Set(Object.keys(outputs).filter((path) => outputs[path].entryPoint === entryPoint));
  for (const path of eager) {
    const imports = outputs[path]?.imports ?? [];
    for (const { path: imported, kind } of imports) if (kind === "import-statement") eager.add(imported);
  }
  return [...eager].flatMap((path) => outputs[path] ?? []);
}

/** Throws when a bundle that clients load holds what only the daemon needs, or loads MCP code at start. */
function refuseHeavyCode(entryPoint, metafile) {
  const unwelcome = [
    ...Object.values(metafile.outputs).flatMap(contentOf).filter(isDaemonCode),
    ...eagerOutputs(metafile, entryPoint).flatMap(contentOf).filter(isMcpCode),
  ];
  if (unwelcome.length > 0) {
    throw new Error(`the bundle of ${entryPoint} must stay light, but it contains\n  ${unwelcome.join("\n  ")}`);
  }
}

async function declareTypes(outdir) {
  const tsc = join(dirname(createRequire(import.meta.url).resolve("typescript/package.json")), "bin", "tsc");
  await promisify(execFile)(
    process.execPath,
    [tsc, "-p", "tsconfig.build.json", "--emitDeclarationOnly", "--outDir", join(outdir, "types")],
    { cwd: root },
  ).catch((error) => {
    throw new Error(`type declarations failed:\n${error.stdout ?? error.message}`);
  });
}

async function filesIn(directory) {
  const entries = await readdir(directory, { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => entry.isFile())
    .map((entry) => relative(directory, join(entry.parentPath, entry.name)));
}

async function sameContent(a, b) {
  const [left, right] = await Promise.all([a, b].map((file) => readFile(file).catch(() => null)));
  return left !== null && right !== null && left.equals(right);
}

/**
 * Moves every file that changed from `staging` into dist/, each by one rename, so that a program started meanwhile
 * sees an old file or a new one and never half of it. Chunks go first: an entry point never names one that is missing.
 * A file that did not change keeps its date, so a running daemon is not told that it is outdated.
 */
async function publish(staging) {
  const files = (await filesIn(staging)).sort((a, b) => Number(b.includes("chunks")) - Number(a.includes("chunks")));
  for (const file of files) {
    if (await sameContent(join(staging, file), join(dist, file))) continue;
    await mkdir(dirname(join(dist, file)), { recursive: true });
    await rename(join(staging, file), join(dist, file));
  }
  return files;
}

async function removeStaleChunks(published) {
  const chunks = (await readdir(join(dist, "chunks")).catch(() => [])).map((name) => join("chunks", name));
  for (const chunk of chunks.filter((name) => !published.includes(name))) {
    const { mtimeMs } = await stat(join(dist, chunk));
    if (Date.now() - mtimeMs > STALE_CHUNK_MS) await rm(join(dist, chunk));
  }
}

/** Builds everything into `staging`; nothing writes there any more once this is settled, whatever went wrong. */
async function buildInto(staging) {
  const steps = await Promise.allSettled([
    buildWholeHearth(staging),
    // An ES module is strict without saying so, which esbuild would say in each of its parts.
    buildLibrary(CLIENT, { outfile: join(staging, "client.js"), minify: true, tsconfigRaw: {} }),
    buildPrograms(staging),
    buildRarelyNeeded(staging),
    copyWindowsProgram(staging),
    buildLibrary("protocol/index.ts", { outfile: join(staging, "protocol.js") }),
    declareTypes(staging),
    ...["openrpc.json", "hearth.schema.json"].map((name) =>
      copyFile(join(root, "protocol", name), join(staging, name)),
    ),
  ]);
  const failures = steps.filter(({ status }) => status === "rejected").map(({ reason }) => reason.message);
  if (failures.length > 0) throw new Error(failures.join("\n"));
  for (const [index, entryPoint] of [WHOLE_CLI, CLIENT].entries()) {
    refuseHeavyCode(entryPoint, steps[index].value.metafile);
  }
  await Promise.all(["hearth.cjs", "hearth.js", "hearthd.cjs"].map((program) => chmod(join(staging, program), 0o755)));
}

// Ctrl-C ends the compilers, which are told as well; this program goes on to remove what they leave.
process.on("SIGINT", () => {
  process.exitCode = 130;
});

await mkdir(dist, { recursive: true });
const staging = await mkdtemp(join(dist, ".building-"));
try {
  await buildInto(staging);
  await removeStaleChunks(await publish(staging));
} catch (error) {
  console.error(`build failed: ${error.message}`);
  process.exitCode ??= 1;
} finally {
  await rm(staging, { recursive: true, force: true });
}
