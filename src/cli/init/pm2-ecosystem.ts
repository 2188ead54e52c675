// Finds a pm2 ecosystem file and reads what it exports; one that is a program may only read the project's files.
import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { firstFew } from "./first-few.js";
import { pm2Agents } from "./pm2-apps.js";
import type { Findings, Project } from "./proposal.js";

/** The names pm2 looks for, and those its documentation uses. */
const FILES = [
  "ecosystem.config.js",
  "ecosystem.config.cjs",
  "ecosystem.config.mjs",
  "ecosystem.json",
  "pm2.json",
  "process.json",
];

/** A file that is a program should be done long before. */
const RUNS_WITHIN_MS = 10_000;

/** Node's permission model, which lost its prefix in Node 22.13; under it nothing can be written and nothing started. */
const PERMISSIONS = process.allowedNodeEnvironmentFlags.has("--permission")
  ? "--permission"
  : "--experimental-permission";

/** Prints what a file exports as JSON, in a line of its own; numbers that JSON has no word for, as text. */
const PRINT_EXPORT = `
const { pathToFileURL } = require("node:url");
import(pathToFileURL(process.argv[1])).then((module) => {
  process.stdout.write("\\n" + JSON.stringify(module.default ?? module, inWords));
});
function inWords(_, value) {
  return typeof value === "number" && !Number.isFinite(value) ? String(value) : value;
}
`;

export function fromPm2(project: Project): Findings | null {
  const source = FILES.find((name) => project.names.has(name));
  if (source === undefined) return null;
  const exported = source.endsWith(".json") ? parse(project.read(source)) : exportedBy(project, source);
  const { agents, refusals } = pm2Agents(exported);
  if (refusals.length > 0) return { source, agents, trouble: `left out of ${source}: ${firstFew(refusals)}` };
  if (agents.length > 0) return { source, agents };
  return { source, agents, trouble: `${source} tells of no apps (it may only read files of this directory to do so)` };
}

/** What a program exports; nothing when it cannot be run like this. */
function exportedBy({ directory }: Project, name: string): unknown {
  const restricted = [PERMISSIONS, "--no-warnings", `--allow-fs-read=${directory}`];
  const { status, stdout } = spawnSync(
    process.execPath,
    [...restricted, "--eval", PRINT_EXPORT, join(directory, name)],
    {
      cwd: directory,
      encoding: "utf8",
      timeout: RUNS_WITHIN_MS,
      stdio: ["ignore", "pipe", "ignore"],
    },
  );
  return status === 0 ? parse(stdout.slice(stdout.lastIndexOf("\n") + 1)) : null;
}

function parse(text: string | null): unknown {
  try {
    return text === null ? null : JSON.parse(text);
  } catch {
    return null;
  }
}
