// The whole hearth program, with a chunk for each command that is loaded on demand.
import { ownSurroundings } from "./process-streams.js";
import { run } from "./run.js";

process.exitCode = await run(process.argv.slice(2), ownSurroundings());
