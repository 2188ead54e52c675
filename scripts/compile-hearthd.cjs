// Writes down what V8 has compiled of hearthd once it answers. Usage: node compile-hearthd.cjs PROGRAM OUTFILE --home DIR
//
// A daemon without agents really starts: functions that a start calls are compiled by then, and those that it doesn't are not.

const { readFileSync, writeFileSync } = require("node:fs");
const { createRequire } = require("node:module");
const { connect } = require("node:net");
const { dirname, join } = require("node:path");
const { setFlagsFromString } = require("node:v8");
const { Script } = require("node:vm");

const [source, outfile, ...args] = process.argv.slice(2);
const socketPath = join(args[1], "daemon.sock");
const LOOK_AGAIN_MS = 20;

setFlagsFromString("--no-opt");
const script = new Script(readFileSync(source, "latin1"), { filename: source });

function asked() {
  const socket = connect(socketPath, () => socket.write('{"jsonrpc":"2.0","id":1,"method":"system.ping"}\n'));
  socket.once("error", () => setTimeout(asked, LOOK_AGAIN_MS));
  socket.once("data", () => {
    socket.destroy();
    writeFileSync(outfile, script.createCachedData());
    process.kill(process.pid, "SIGTERM");
  });
}

process.argv.splice(1, 3, source);
const module_ = { exports: {} };
script
  .runInThisContext()
  .call(module_.exports, module_.exports, createRequire(source), module_, source, dirname(source));
asked();
