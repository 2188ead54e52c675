// A client of hearthd as editors have it: vscode-jsonrpc on the socket, framing by Content-Length; `node editor.mjs [AGENT]`.
//   without a name   lists the agents and follows what happens, until Ctrl-C
//   with one         asks for a cycle of that agent and follows its events until it is done

import { once } from "node:events";
import { connect } from "node:net";
import { discover, resolveEndpoint } from "hearthd/client";
import { createMessageConnection, SocketMessageReader, SocketMessageWriter } from "vscode-jsonrpc/node";

// Where the daemon is and who is asking: daemon.json, or in a session HEARTH_SOCKET and HEARTH_TOKEN.
const { socketPath, token } = resolveEndpoint(discover());
const [, , agent] = process.argv;

const socket = connect(socketPath);
await once(socket, "connect");
const daemon = createMessageConnection(new SocketMessageReader(socket), new SocketMessageWriter(socket));
let request = null;
daemon.onNotification("event", ({ type, agent, data }) => {
  console.log(type, agent);
  if (type === "lifecycle.done" && data.id === request) process.exit();
});
daemon.listen();

const client = { name: "editor.mjs", version: "1" };
const { role, agent: self = role } = await daemon.sendRequest("system.attach", { token, client });
console.log("attached as", self);
const { agents } = await daemon.sendRequest("agent.list");
for (const { agent, state } of agents) console.log(agent, state);

await daemon.sendRequest("events.subscribe", { agents: [agent ?? "*"] });
if (agent !== undefined) {
  const wish = { agent, action: "cycle", reason: "editor.mjs" };
  request = (await daemon.sendRequest("lifecycle.request", wish)).request.id;
}
