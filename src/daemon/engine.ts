// Tunes V8 for a process that starts once and then mostly waits; imported before anything else.
import { setFlagsFromString } from "node:v8";

/** V8's own, in Node 20: bytes of bytecode a function runs before it is looked at for optimization. */
const USUAL_BUDGET = 135_168;

// Nothing is worth optimizing while the daemon starts: the optimizing compiler alone was measured to bring 4 MB of pages
// into a daemon that then did nothing.
setFlagsFromString("--interrupt-budget=2000000");

/** From here on what is hot is optimized as usual. */
export function optimizeAsUsual(): void {
  setFlagsFromString(`--interrupt-budget=${USUAL_BUDGET}`);
}
