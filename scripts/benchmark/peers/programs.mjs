// A peer with programs to keep, each of which registers as it starts.

import { join } from "node:path";
import { Register } from "../register.mjs";

/** A fresh home in which `count` idle programs are configured; nothing runs yet. */
export function idlePrograms({ make, name }, { directory, label, count, defer }) {
  const peer = make(join(directory, `${name}-${label}`), { defer });
  const register = new Register(peer.home);
  const script = register.idle();
  peer.configure(Array.from({ length: count }, (_, index) => ({ name: `idle-${index}`, script })));
  return { peer, register };
}
