// The least a program can do to ask a daemon: connect, attach, one call, print the answer.
// Usage: HEARTH_TOKEN=... node one-call.cjs SOCKET

const { connect } = require("node:net");

const socket = connect(process.argv[2]);
const attach = { jsonrpc: "2.0", id: 1, method: "system.attach", params: { token: process.env.HEARTH_TOKEN } };
const call = { jsonrpc: "2.0", id: 2, method: "agent.list" };
socket.write(`${JSON.stringify(attach)}\n${JSON.stringify(call)}\n`);

let text = "";
socket.setEncoding("utf8");
socket.on("data", (chunk) => {
  text += chunk;
  const [, answer, rest] = text.split("\n");
  if (rest === undefined) return;
  const { result } = JSON.parse(answer);
  if (result === undefined) process.exitCode = 1;
  process.stdout.write(`${JSON.stringify(result)}\n`);
  socket.destroy();
});
