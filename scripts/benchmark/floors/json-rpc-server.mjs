// json-rpc-2.0 by itself behind the project's framing, with nothing of a daemon around it. Usage: node json-rpc-server.mjs SOCKET

import { createServer } from "node:net";
import { JSONRPCServer } from "json-rpc-2.0";
import { encode, FrameDecoder, MAX_FRAME_BYTES } from "../../../dist/protocol.js";

const methods = new JSONRPCServer();
methods.addMethod("system.ping", () => ({ pong: true, at: new Date().toISOString() }));

function* messages(decoder) {
  for (let frame = decoder.next(); frame !== undefined; frame = decoder.next()) yield frame.value;
}

/** The answers to all requests of one chunk leave in one write, so that the floor is not slow for want of that. */
async function answerAll(socket, decoder) {
  const answers = await Promise.all(Array.from(messages(decoder), (message) => methods.receive(message)));
  socket.write(answers.map((answer) => encode(answer, "newline")).join(""));
}

createServer((socket) => {
  const decoder = new FrameDecoder({ maxBytes: MAX_FRAME_BYTES });
  socket.on("data", (chunk) => {
    decoder.push(chunk);
    answerAll(socket, decoder).catch((error) => socket.destroy(error));
  });
  socket.on("error", () => socket.destroy());
}).listen(process.argv[2], () => console.log("ready"));
