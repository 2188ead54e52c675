// Looks through the sources that may list a project's programs, the most telling first.
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fromGuess } from "./guess.js";
import { fromPackageScripts } from "./package-scripts.js";
import { fromPm2 } from "./pm2-ecosystem.js";
import { fromProcfile } from "./procfile.js";
import { type Findings, named, type Project } from "./proposal.js";

/** Each lists what those behind it would list again. */
const SOURCES = [fromPm2, fromProcfile, fromPackageScripts, fromGuess];

/** What was found, and what of the sources that are there could not be used. */
export interface Search {
  readonly findings: Findings | null;
  readonly troubles: readonly string[];
}

/** The first source that has agents. */
export function findAgents(project: Project): Search {
  const troubles: string[] = [];
  for (const source of SOURCES) {
    const found = source(project);
    if (found?.trouble !== undefined) troubles.push(found.trouble);
    if (found !== null && found.agents.length > 0) {
      return { findings: { ...found, agents: named(found.agents) }, troubles };
    }
  }
  return { findings: null, troubles };
}

/** A directory of this machine. */
export function projectIn(directory: string): Project {
  return { directory, names: new Set(readdirSync(directory)), read: (name) => readText(join(directory, name)) };
}

function readText(file: string): string | null {
  try {
    // A byte order mark, as editors of Windows write it, is no part of the text; JSON.parse would refuse it.
    return readFileSync(file, "utf8").replace(/^\uFEFF/, "");
  } catch {
    return null;
  }
}
