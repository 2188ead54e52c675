// A socket server that tells every client whatever one of them sends. Usage: node fan-out-server.cjs SOCKET

const { createServer } = require("node:net");

const clients = new Set();
createServer((socket) => {
  clients.add(socket);
  socket.on("data", (chunk) => {
    for (const client of clients) client.write(chunk);
  });
  socket.on("error", () => socket.destroy());
  socket.on("close", () => clients.delete(socket));
}).listen(process.argv[2], () => console.log("ready"));
