// Who takes part in a comparison, and who could not be had.

import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { HearthPeer } from "./hearth.mjs";
import { Pm2Peer } from "./pm2.mjs";
import { RunitPeer } from "./runit.mjs";
import { SupervisordPeer } from "./supervisord.mjs";
import { findRunit, findSupervisor } from "./tools.mjs";

/** Hearth and its peers: `{name, version, missing?, make}`. A peer that is missing says why and takes part in nothing. */
export async function roster({ directory, node, hearthVersion }) {
  const [supervisor, runit] = await Promise.all([
    found(findSupervisor, join(directory, "supervisor")),
    found(findRunit, join(directory, "runit")),
  ]);
  return [
    { name: "Hearth", version: hearthVersion, make: (home, options) => new HearthPeer(home, options) },
    peer("pm2", node, ({ pm2 }) => withTools(Pm2Peer, { pm2 })),
    peer("supervisord", supervisor, (tools) => withTools(SupervisordPeer, { supervisor: tools })),
    peer("runit", runit, ({ bin }) => withTools(RunitPeer, { runit: bin })),
  ];
}

async function found(find, directory) {
  mkdirSync(directory);
  try {
    return await find(directory);
  } catch (error) {
    return { missing: error.message };
  }
}

function peer(name, tools, maker) {
  if (tools.missing !== undefined) return { name, version: null, missing: tools.missing };
  return { name, version: tools.version, make: maker(tools) };
}

function withTools(PeerClass, tools) {
  return (home, options) => new PeerClass(home, { ...options, tools });
}
