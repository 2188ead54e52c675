// The least a program can do to keep another alive: start it again in its exit handler. Usage: node respawn.cjs
// Prints the PID of each, and ends the last one when its standard input ends.

const { spawn } = require("node:child_process");

let child;

function start() {
  child = spawn("sleep", ["1000000"], { detached: true, stdio: "ignore" });
  child.once("spawn", () => console.log(child.pid));
  child.once("exit", start);
}

process.stdin.resume().once("end", () => {
  child.off("exit", start);
  child.kill("SIGKILL");
});
start();
