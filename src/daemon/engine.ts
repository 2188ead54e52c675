// Tunes V8 for a process that mostly waits; imported before anything else.
import { setFlagsFromString } from "node:v8";

// Code is optimized only once it is really hot, not while the daemon starts: the optimizing compiler alone was measured to
// bring 4 MB of pages into an idle daemon. Under load it is optimized as before, a moment later.
setFlagsFromString("--interrupt-budget=2000000");
