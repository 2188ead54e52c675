// Names the files that belong to one incarnation of an agent, and tells from a name whose file it is.
import { type Dirent, existsSync, readdirSync, rmSync, unlinkSync } from "node:fs";
import { join } from "node:path";
import type { AgentIncarnation, IsKnown } from "./session.js";

/** A name without a slash: `gastown/witness` of incarnation 3 is `gastown%2Fwitness.3`. No agent's name has a dot in it. */
export function incarnationFile({ agent, incarnation }: AgentIncarnation): string {
  return `${agent.replaceAll("/", "%2F")}.${incarnation}`;
}

/** Null when the name is none of `incarnationFile`. */
function parseIncarnationFile(name: string): AgentIncarnation | null {
  const [, agent, incarnation] = INCARNATION_FILE.exec(name) ?? [];
  if (agent === undefined) return null;
  return { agent: agent.replaceAll("%2F", "/"), incarnation: Number(incarnation) };
}

/**
 * Removes a file, if it is there. Synchronous, since each turn through the thread pool would count between a crash and the
 * next session; and an error that nobody wants costs more than the question.
 */
export function removeIfThere(file: string): void {
  if (existsSync(file)) unlinkSync(file);
}

/**
 * Removes from a directory what is named `prefix` and an incarnation that is not to be kept. The question and the removal
 * are one turn of the event loop, so nobody begins to use a name in between.
 */
export function sweepIncarnationFiles(
  directory: string,
  { prefix, isKept }: { readonly prefix: string; readonly isKept: IsKnown },
): void {
  for (const entry of listDirectory(directory)) {
    const owner = entry.name.startsWith(prefix) ? parseIncarnationFile(entry.name.slice(prefix.length)) : null;
    if (owner !== null && !entry.isDirectory() && !isKept(owner)) rmSync(join(directory, entry.name), { force: true });
  }
}

/** Every incarnation that has a file of its name in a directory. */
export function listIncarnations(directory: string): AgentIncarnation[] {
  return listDirectory(directory).flatMap(({ name }) => parseIncarnationFile(name) ?? []);
}

const INCARNATION_FILE = /^((?:[A-Za-z0-9_-]|%2F)+)\.([1-9][0-9]{0,14})$/;

function listDirectory(directory: string): Dirent[] {
  return readdirSync(directory, { withFileTypes: true });
}
