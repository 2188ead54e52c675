// `hearth status` for people, in one file that is quick to load; hot.ts calls it.
import { command as status } from "./commands/status.js";
import { runQuickly } from "./quick.js";

runQuickly([status], () => null);
