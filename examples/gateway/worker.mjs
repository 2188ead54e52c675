// An agent behind the gateway: it keeps one connection open, hears what is said, and answers when it is spoken to.

import { createInterface } from "node:readline";
import { Readable } from "node:stream";
import { setTimeout as delay } from "node:timers/promises";

const gateway = `http://127.0.0.1:${process.env.PORT ?? 8930}`;
const name = "worker";
/** Pause before the gateway is tried again, in milliseconds; it doubles up to the maximum. */
const RETRY_MS = 100;
const RETRY_MAX_MS = 2000;

const stopping = new AbortController();
process.once("SIGTERM", () => stopping.abort());
process.once("SIGINT", () => stopping.abort());

async function say(text) {
  await fetch(`${gateway}/chat`, {
    method: "POST",
    body: JSON.stringify({ from: name, text }),
    signal: stopping.signal,
  });
}

async function hear({ from, text }) {
  if (from === name) return;
  console.log(`heard ${from}: ${text}`);
  if (text.startsWith(`@${name} `)) await say(`@${from} you said: ${text.slice(name.length + 2)}`);
}

/** Hears messages until the gateway ends the connection. */
async function listen() {
  const response = await fetch(`${gateway}/listen`, { signal: stopping.signal });
  if (!response.ok) throw new Error(`the gateway answered ${response.status}`);
  console.log(`connected to ${gateway}`);
  const lines = createInterface({ input: Readable.fromWeb(response.body) });
  // Stopped in the middle of an answer, this loop is left by the answer's error; the connection's own comes later.
  lines.on("error", () => {});
  for await (const line of lines) await hear(JSON.parse(line));
}

/** Listens again whenever the gateway went away: the gateway is supervised, so it comes back. */
async function listenForEver() {
  let retryMs = RETRY_MS;
  while (!stopping.signal.aborted) {
    const reason = await listen().then(
      () => "it closed the connection",
      (error) => error.cause?.message ?? error.message,
    );
    if (stopping.signal.aborted) break;
    console.log(`gateway lost (${reason}), trying again`);
    await delay(retryMs, undefined, { signal: stopping.signal }).catch(() => {});
    retryMs = Math.min(retryMs * 2, RETRY_MAX_MS);
  }
}

await listenForEver();
console.log("stopped");
