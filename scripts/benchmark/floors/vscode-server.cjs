// vscode-jsonrpc by itself, as editors speak it. Usage: node vscode-server.cjs SOCKET (the package is found through NODE_PATH)

const { createServer } = require("node:net");
const { createMessageConnection, SocketMessageReader, SocketMessageWriter } = require("vscode-jsonrpc/node");

createServer((socket) => {
  const connection = createMessageConnection(new SocketMessageReader(socket), new SocketMessageWriter(socket));
  connection.onRequest("system.ping", () => ({ pong: true, at: new Date().toISOString() }));
  connection.listen();
}).listen(process.argv[2], () => console.log("ready"));
