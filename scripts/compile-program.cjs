// Writes down what V8 has compiled of a program once it has run. Usage: node compile-program.cjs PROGRAM OUTFILE HOME ARGUMENT...
//
// The program really runs: functions that it calls are compiled by then, and those that it doesn't are not. With "-" as HOME it
// runs to its end; otherwise it is the daemon of that home, is done once it answers there, says so, and goes on serving.

const { existsSync, readFileSync, writeFileSync } = require("node:fs");
const { createRequire } = require("node:module");
const { connect } = require("node:net");
const { basename, dirname, join } = require("node:path");
const { Script } = require("node:vm");

const [source, outfile, home] = process.argv.slice(2);
const LOOK_AGAIN_MS = 20;

// Traces of errors show this name, wherever the program lies then.
const script = new Script(readFileSync(source, "latin1"), { filename: basename(source) });

function write() {
  writeFileSync(outfile, script.createCachedData());
}

function lookAgain() {
  setTimeout(ask, LOOK_AGAIN_MS);
}

function ask() {
  const socket = connect(join(home, "daemon.sock"), () => {
    socket.write('{"jsonrpc":"2.0","id":1,"method":"system.ping"}\n');
  });
  socket.once("error", lookAgain);
  socket.once("data", () => {
    socket.destroy();
    // It answers before its clients can find it.
    if (!existsSync(join(home, "daemon.json"))) return lookAgain();
    write();
    process.stdout.write("serves\n");
  });
}

process.argv.splice(1, 4, source);
const module_ = { exports: {} };
script
  .runInThisContext()
  .call(module_.exports, module_.exports, createRequire(source), module_, source, dirname(source));
if (home === "-") process.once("exit", write);
else ask();
