// Puts programs together: for each the head, the program in comments, and beside it what V8 compiles of it in a usual run.

import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { once } from "node:events";
import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

const HEAD = fileURLToPath(new URL("../src/head.cjs", import.meta.url));
const COMPILER = fileURLToPath(new URL("compile-program.cjs", import.meta.url));
/** As src/daemon/engine.ts has it: compiled code holds for the same flags only. */
const DAEMON_FLAGS = "--no-opt";
/** As the client starts hearthd. */
const DAEMON_ARGUMENTS = ["--max-semi-space-size=4", DAEMON_FLAGS];

const run = promisify(execFile);

/**
 * Makes `outdir`/hearthd.cjs from its bundle, and a program of each client. What is compiled in is hearthd's start up to its
 * first answer, and a client's whole run with the arguments that are given for it.
 */
export async function assemblePrograms({ hearthd, clients }, outdir) {
  const daemon = await assemble({ name: "hearthd", bundle: hearthd, flags: DAEMON_FLAGS }, outdir);
  const assembled = await Promise.all(clients.map((client) => assemble(client, outdir)));
  // Windows' daemon has no socket file; there programs are compiled as they run.
  if (process.platform === "win32") return;
  const place = await mkdtemp(join(tmpdir(), "hearth-code-"));
  const home = join(place, "home");
  try {
    await mkdir(home, { mode: 0o700 });
    await whileServing(await compiler(daemon, place), home, async () => {
      for (const client of assembled) {
        const { args, env } = await compiler(client, place);
        await run(process.execPath, [...args, "-", ...client.args], {
          env: { ...env, HEARTH_HOME: home },
          timeout: 60_000,
        });
      }
    });
  } finally {
    await rm(place, { recursive: true, force: true });
  }
}

/** Writes one program, which has no code yet. */
async function assemble({ name, bundle, flags = "", args = [] }, outdir) {
  const program = `(function (exports, require, module, __filename, __dirname, importModule) { "use strict";\n${bundle}\n})\n`;
  refuseWideText(program, name);
  const id = createHash("sha256").update(program).digest("hex").slice(0, 12);
  const title = [name, id, flags].join(" ").trim();
  const head = await readFile(HEAD, "utf8");
  const commented = program.replaceAll("\n", "\n//");
  await writeFile(join(outdir, `${name}.cjs`), `#!/usr/bin/env node\n${head}//# program ${title}\n//${commented}`);
  const { version, platform, arch } = process;
  const codeFile = join(outdir, "chunks", `${name}-${id}-${version}-${platform}-${arch}.code`);
  return { name, program, args, codeFile, nodeArguments: flags === "" ? [] : DAEMON_ARGUMENTS };
}

/** One character that is not in Latin-1, and V8 keeps two bytes in memory for each; a carriage return ends a comment. */
function refuseWideText(program, name) {
  const wide = /.{0,30}[\r\u0080-\uffff].{0,10}/.exec(program);
  if (wide !== null) throw new Error(`${name} must be plain ASCII, but it contains ${JSON.stringify(wide[0])}`);
}

/** How Node compiles a program while it runs. The program that really runs knows nothing of the caller's. */
async function compiler({ name, program, codeFile, nodeArguments }, place) {
  const source = join(place, `${name}.cjs`);
  await mkdir(join(codeFile, ".."), { recursive: true });
  await writeFile(source, program);
  return { args: [...nodeArguments, COMPILER, source, codeFile], env: { PATH: process.env.PATH } };
}

/** Does something while a daemon serves, whose own code is written by then. */
async function whileServing({ args, env }, home, action) {
  const daemon = run(process.execPath, [...args, home, "--home", home], { env, timeout: 60_000 });
  await Promise.race([once(daemon.child.stdout, "data"), daemon]);
  try {
    await action();
  } finally {
    daemon.child.kill();
    await daemon;
  }
}
