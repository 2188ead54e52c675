// Puts hearthd together: its head, the program in comments, and beside it what V8 compiles of it until its first answer.

import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

const HEAD = fileURLToPath(new URL("../src/daemon/head.cjs", import.meta.url));
const COMPILER = fileURLToPath(new URL("compile-hearthd.cjs", import.meta.url));
/** As the client starts hearthd: compiled code holds for the same flags only. */
const NODE_ARGUMENTS = ["--max-semi-space-size=4"];

/** Makes `outdir`/hearthd.cjs and its compiled code from the bundled program. */
export async function assembleHearthd(bundle, outdir) {
  const program = `(function (exports, require, module, __filename, __dirname) { "use strict";\n${bundle}\n})\n`;
  refuseWideText(program);
  const id = createHash("sha256").update(program).digest("hex").slice(0, 12);
  const head = await readFile(HEAD, "utf8");
  const commented = program.replaceAll("\n", "\n//");
  await writeFile(join(outdir, "hearthd.cjs"), `#!/usr/bin/env node\n${head}//# program ${id}\n//${commented}`);
  const { version, platform, arch } = process;
  await mkdir(join(outdir, "chunks"), { recursive: true });
  await compile(program, join(outdir, "chunks", `hearthd-${id}-${version}-${platform}-${arch}.code`));
}

/** One character that is not in Latin-1, and V8 keeps two bytes in memory for each; a carriage return ends a comment. */
function refuseWideText(program) {
  const wide = /.{0,30}[\r\u0080-\uffff].{0,10}/.exec(program);
  if (wide !== null) throw new Error(`hearthd must be plain ASCII, but it contains ${JSON.stringify(wide[0])}`);
}

/** The daemon that really starts knows nothing of the caller's. Windows' has no socket file; there it is compiled as it runs. */
async function compile(program, outfile) {
  if (process.platform === "win32") return;
  const place = await mkdtemp(join(tmpdir(), "hearth-code-"));
  try {
    const source = join(place, "program");
    await writeFile(source, program);
    const args = [...NODE_ARGUMENTS, COMPILER, source, outfile, "--home", join(place, "home")];
    await mkdir(join(place, "home"), { mode: 0o700 });
    await promisify(execFile)(process.execPath, args, { env: { PATH: process.env.PATH }, timeout: 60_000 });
  } finally {
    await rm(place, { recursive: true, force: true });
  }
}
