// The mayor: an agent that is a Node program. It answers each heartbeat with a beat, and hands over when it has enough.

import { readFile } from "node:fs/promises";
import { connect } from "hearthd/client";

/** Heartbeats after which this mayor's context is full, as one would say of a language model. */
const FULL_AFTER = 3;

/** What the last session left for this one; null for the first. */
async function readHandoff() {
  const file = process.env.HEARTH_HANDOFF_FILE;
  return file === undefined ? null : readFile(file, "utf8");
}

/** The answer comes before anything is done about it: the request is on disk, and this session is about to end. */
async function askForSuccessor() {
  const handoff = `${FULL_AFTER} heartbeats heard, no news; the clerk has not been told yet`;
  console.log("context is full: asking for a successor");
  await hearth.call("lifecycle.request", { action: "cycle", reason: "context is full", handoff });
}

/** Permitted by `may_control`. What is poked into a terminal is typed there. */
async function tellClerk() {
  const poke = { agent: "clerk", message: 'echo "a new mayor is in office"' };
  const { delivered, detail } = await hearth.call("agent.poke", poke);
  console.log(delivered ? "the clerk has been told" : `the clerk could not be told: ${detail}`);
}

// Which daemon, and that this is the mayor, is in the environment of the session: HEARTH_SOCKET and HEARTH_TOKEN.
const hearth = await connect();
const handoff = await readHandoff();
console.log(handoff === null ? "nobody was mayor before" : `handoff: ${handoff}`);
// To be ready is also to have taken the handoff: the next session is not offered it again.
await hearth.call("agent.ready", {});
if (handoff !== null) await tellClerk();

let heard = 0;
for await (const { method, params } of await hearth.notices()) {
  if (method !== "heartbeat") continue;
  heard++;
  console.log(`heartbeat ${heard}: ${params.message}`);
  await hearth.call("agent.beat", { status: `heartbeat ${heard}` });
  // The successor stays, so that this example comes to rest.
  if (handoff === null && heard === FULL_AFTER) await askForSuccessor();
}
