// A small chat gateway: messages posted to it are relayed to everyone who listens, over HTTP and with nothing but Node.

import { createServer } from "node:http";

/** Largest request body, in bytes. */
const MAX_BODY_BYTES = 64 * 1024;

const port = Number(process.env.PORT ?? 8930);
const startedAt = Date.now();
/** Responses of `GET /listen` that are still open. */
const listeners = new Set();

function sendJson(response, status, body) {
  response.writeHead(status, { "content-type": "application/json" });
  response.end(`${JSON.stringify(body)}\n`);
}

class RequestError extends Error {
  constructor(status, message) {
    super(message);
    this.status = status;
  }
}

async function readText(request) {
  const chunks = [];
  let size = 0;
  for await (const chunk of request) {
    size += chunk.length;
    if (size > MAX_BODY_BYTES) throw new RequestError(413, `a body has at most ${MAX_BODY_BYTES} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString("utf8");
}

async function readMessage(request) {
  const message = await readText(request)
    .then(JSON.parse)
    .catch((error) => {
      throw error instanceof RequestError ? error : new RequestError(400, "the body is not JSON");
    });
  if (typeof message?.from !== "string" || typeof message?.text !== "string") {
    throw new RequestError(400, 'a message is {"from": string, "text": string}');
  }
  return { from: message.from, text: message.text };
}

function health(_request, response) {
  sendJson(response, 200, {
    status: "ok",
    pid: process.pid,
    uptimeMs: Date.now() - startedAt,
    listeners: listeners.size,
  });
}

async function echo(request, response) {
  const body = await readText(request);
  response.writeHead(200, { "content-type": request.headers["content-type"] ?? "text/plain" });
  response.end(body);
}

/** One JSON message a line, for as long as the listener stays. */
function listen(_request, response) {
  // Without keep-alive the connection ends with the response, and so does not hold up a graceful stop.
  response.writeHead(200, { "content-type": "application/x-ndjson", connection: "close" });
  response.flushHeaders();
  listeners.add(response);
  response.on("close", () => listeners.delete(response));
}

async function chat(request, response) {
  const message = await readMessage(request);
  for (const listener of listeners) listener.write(`${JSON.stringify(message)}\n`);
  console.log(`${message.from}: ${message.text} (to ${listeners.size})`);
  sendJson(response, 202, { delivered: listeners.size });
}

const routes = new Map([
  ["GET /health", health],
  ["POST /echo", echo],
  ["GET /listen", listen],
  ["POST /chat", chat],
]);

async function answer(request, response) {
  const route = `${request.method} ${new URL(request.url, "http://gateway").pathname}`;
  const handler = routes.get(route);
  if (handler === undefined)
    throw new RequestError(404, `no route ${route}; there are ${[...routes.keys()].join(", ")}`);
  await handler(request, response);
}

const server = createServer((request, response) => {
  answer(request, response).catch((error) => {
    if (response.headersSent) response.destroy();
    else sendJson(response, error.status ?? 500, { error: error.message });
  });
});

/** Takes no new connection, lets requests finish, and ends the listeners, who would stay for ever. */
function stop(signal) {
  console.log(`${signal}: closing`);
  server.close();
  server.closeIdleConnections();
  for (const listener of listeners) listener.end();
}

process.once("SIGTERM", stop);
process.once("SIGINT", stop);

server.on("error", (error) => {
  console.error(`cannot listen on port ${port}: ${error.message}`);
  process.exitCode = 1;
});
server.listen(port, "127.0.0.1", () => console.log(`listening on http://127.0.0.1:${server.address().port}`));
