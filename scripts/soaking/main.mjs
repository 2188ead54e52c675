// Runs the soak, leaving nothing behind. Usage: scripts/soak [--minutes N | --rounds N] [--seed S] [--agents K]

import { mkdtempSync, realpathSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { parseArgs } from "node:util";
import { build } from "esbuild";

const root = fileURLToPath(new URL("../..", import.meta.url));
const { values } = parseArgs({
  options: {
    minutes: { type: "string", default: "3" },
    rounds: { type: "string" },
    seed: { type: "string", default: String(Math.floor(Math.random() * 1_000_000)) },
    agents: { type: "string", default: "7" },
  },
});
const directory = realpathSync(mkdtempSync(join(tmpdir(), "hearth-soak-")));
const began = performance.now();
let soak = null;
let isInterrupted = false;

/** The soak and its agents are TypeScript, which Node 20 does not run. */
async function bundle(entryPoint, { format, outfile }) {
  const entryPoints = [fileURLToPath(new URL(entryPoint, import.meta.url))];
  const file = join(directory, outfile);
  await build({
    entryPoints,
    outfile: file,
    bundle: true,
    platform: "node",
    format,
    target: "node20",
    logLevel: "error",
  });
  return pathToFileURL(file).href;
}

function goesOn(rounds) {
  if (values.rounds !== undefined) return rounds < Number(values.rounds);
  return performance.now() - began < Number(values.minutes) * 60_000;
}

async function leaveNothing() {
  await soak?.place.killEverything();
  rmSync(directory, { recursive: true, force: true });
}

for (const [signal, code] of [
  ["SIGINT", 130],
  ["SIGTERM", 143],
  ["SIGHUP", 129],
]) {
  process.once(signal, () => {
    isInterrupted = true;
    void leaveNothing().finally(() => process.exit(code));
  });
}

console.log(`seed ${values.seed}, ${values.agents} agents, in ${directory}`);
try {
  await bundle("agent.ts", { format: "cjs", outfile: "agent.cjs" });
  const { Soak } = await import(await bundle("soak.ts", { format: "esm", outfile: "soak.mjs" }));
  const say = (line) => console.log(line);
  soak = new Soak({ root, directory, seed: values.seed, agents: Number(values.agents), goesOn, say });
  for (const line of await soak.run()) console.log(line);
  await leaveNothing();
} catch (error) {
  // What breaks because everything is being killed is no news.
  if (isInterrupted) await new Promise(() => {});
  await soak?.place.killEverything();
  console.error(error.name === "Violation" ? `violated: ${error.message}` : error);
  console.error(
    `seed ${values.seed}, round ${soak?.round ?? 0}; the home is kept for a look: ${join(directory, "home")}`,
  );
  process.exit(1);
}
console.log(`no promise was broken in ${Math.round((performance.now() - began) / 1000)} s; seed ${values.seed}`);
process.exit(0);
