// The least a program can do to start many others, each with a log of its own. Usage: node spawn-loop.cjs DIRECTORY COUNT
// Prints a line once all have been started, and ends them when its standard input ends.

const { spawn } = require("node:child_process");
const { closeSync, openSync } = require("node:fs");
const { join } = require("node:path");

const [directory, count] = process.argv.slice(2);
const children = [];
let started = 0;

function start(index) {
  const log = openSync(join(directory, `${index}.log`), "a");
  const child = spawn("sleep", ["1000000"], { detached: true, stdio: ["ignore", log, log] });
  closeSync(log);
  children.push(child);
  child.once("spawn", () => {
    started += 1;
    if (started === Number(count)) console.log("started");
  });
}

process.stdin.once("data", () => {
  for (let index = 0; index < Number(count); index += 1) start(index);
});
process.stdin.once("end", () => {
  for (const child of children) child.kill("SIGKILL");
});
console.log("ready");
