// A socket server that sends back what it gets; also what a daemon's memory is compared with. Usage: node echo-server.cjs SOCKET

const { createServer } = require("node:net");

createServer((socket) => {
  socket.on("data", (chunk) => socket.write(chunk));
  socket.on("error", () => socket.destroy());
}).listen(process.argv[2], () => console.log("ready"));
