// The head of a built program: runs the program below with the code that was compiled when it was built, where that fits.
//
// V8 reads the whole of a program before it runs any of it, which took a sixth of a start. Comments it skips: so the
// program stands in comments, and V8 gets it together with its compiled code. It takes that only if it is the same version
// with the same flags; the file's name tells the rest, also which program it belongs to. Whoever can write to its directory
// can write to this file. Without it the program is compiled as it runs.
const { readFileSync } = require("node:fs");
const { join } = require("node:path");
const { Script } = require("node:vm");

function compiledCode(name, id) {
  const { version, platform, arch } = process;
  try {
    return readFileSync(join(__dirname, "chunks", `${name}-${id}-${version}-${platform}-${arch}.code`));
  } catch {
    return undefined;
  }
}

// All from one reading: this file may be replaced at any moment.
const [, name, id, flags, commented] = readFileSync(__filename, "latin1").split(
  /^\/\/# program ([\w-]+) (\w+) ?(.*)\n\/\//m,
);
// Compiled code holds for the flags that the program runs with.
if (flags !== "") require("node:v8").setFlagsFromString(flags);
const program = commented.replaceAll("\n//", "\n");
new Script(program, { filename: __filename, cachedData: compiledCode(name, id) })
  .runInThisContext()
  // Code that was compiled beforehand can't import by itself.
  .call(exports, exports, require, module, __filename, __dirname, (path) => import(path));
