// A socket server that tells every client whatever one of them sends. Usage: node fan-out-server.cjs SOCKET

const { createServer } = require("node:net");

/** All who come may come before it has its turn. */
const BACKLOG = 4_096;

const clients = new Set();
createServer((socket) => {
  clients.add(socket);
  socket.on("data", (chunk) => {
    for (const client of clients) client.write(chunk);
  });
  socket.on("error", () => socket.destroy());
  socket.on("close", () => clients.delete(socket));
}).listen({ path: process.argv[2], backlog: BACKLOG }, () => console.log("ready"));
