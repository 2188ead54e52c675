// The head of dist/hearthd.cjs: runs the program below with the code that was compiled when it was built, where that fits.
//
// V8 reads the whole of a program before it runs any of it, which took a sixth of a start. Comments it skips: so the
// program stands in comments, and V8 gets it together with its compiled code. It takes that only if it is the same version
// with the same flags; the file's name tells the rest, also which program it belongs to. Whoever can write to its directory
// can write to this file. Without it the program is compiled as it runs.
const { readFileSync } = require("node:fs");
const { join } = require("node:path");
const { setFlagsFromString } = require("node:v8");
const { Script } = require("node:vm");

// As engine.ts has it: compiled code holds for these flags only.
setFlagsFromString("--no-opt");

function compiledCode(id) {
  const { version, platform, arch } = process;
  try {
    return readFileSync(join(__dirname, "chunks", `hearthd-${id}-${version}-${platform}-${arch}.code`));
  } catch {
    return undefined;
  }
}

// All from one reading: this file may be replaced at any moment.
const [, id, commented] = readFileSync(__filename, "latin1").split(/^\/\/# program (\w+)\n\/\//m);
const program = commented.replaceAll("\n//", "\n");
new Script(program, { filename: __filename, cachedData: compiledCode(id) })
  .runInThisContext()
  .call(exports, exports, require, module, __filename, __dirname);
