// What the environment of each agent starts from: the daemon's own, or another that the operator gave it, kept on disk.
import { readdirSync, readFileSync } from "node:fs";
import { rm } from "node:fs/promises";
import { join } from "node:path";
import { removeTemporaries, writeFileAtomic } from "../storage/atomic-file.js";
import { inheritableEnvironment } from "./launch.js";
import { onDisk } from "./on-disk.js";

export type Environment = Readonly<Record<string, string>>;

export interface EnvironmentsOptions {
  /** `environments/` of the home. */
  readonly directory: string;
  /** The daemon's own, without what must not reach an agent. */
  readonly own: Environment;
  /** Something went wrong that no caller is there to hear. */
  report(what: string, error: unknown): void;
}

const EXTENSION = ".json";

/**
 * One file for each agent, 0600 in a home that nobody else may enter: the journal is no place for what may hold secrets.
 * It is used until there is another, or the agent is no longer defined; a daemon's end does not matter.
 */
export class Environments {
  readonly #options: EnvironmentsOptions;
  readonly #kept = new Map<string, Environment>();
  /** One after the other, so that file and memory agree. */
  #work: Promise<unknown> = Promise.resolve();

  constructor(options: EnvironmentsOptions) {
    this.#options = options;
    removeTemporaries(options.directory);
    for (const name of readdirSync(options.directory)) this.#load(name);
  }

  /** The daemon's own. */
  get own(): Environment {
    return this.#options.own;
  }

  /** What the next session of an agent starts from; its definition says the rest. */
  of(agent: string): Environment {
    return this.#kept.get(agent) ?? this.#options.own;
  }

  /**
   * Takes an environment in place of the daemon's, but for what must not reach an agent; on disk when it resolves. Null: the
   * daemon's again.
   * @throws HearthError `storage-unavailable`; then nothing has changed
   */
  give(agent: string, environment: Environment | null): Promise<void> {
    const given = this.#work.then(() => onDisk(this.#give(agent, environment)));
    this.#work = given.catch(() => {});
    return given;
  }

  /** Forgets those of agents that are no longer defined. */
  retain(agents: Iterable<string>): void {
    const defined = new Set(agents);
    for (const agent of this.#kept.keys()) if (!defined.has(agent)) this.forget(agent);
  }

  /** The agent is no longer defined. */
  forget(agent: string): void {
    if (!this.#kept.has(agent)) return;
    this.give(agent, null).catch((error: unknown) =>
      this.#options.report(`the environment of ${agent} could not be removed`, error),
    );
  }

  async #give(agent: string, environment: Environment | null): Promise<void> {
    const file = this.#fileOf(agent);
    if (environment === null) {
      await rm(file, { force: true });
      this.#kept.delete(agent);
      return;
    }
    const kept = inheritableEnvironment(environment);
    await writeFileAtomic(file, JSON.stringify(kept), { mode: 0o600 });
    this.#kept.set(agent, kept);
  }

  #fileOf(agent: string): string {
    return join(this.#options.directory, `${agent.replaceAll("/", "%2F")}${EXTENSION}`);
  }

  #load(name: string): void {
    const { directory, report } = this.#options;
    try {
      const content: unknown = JSON.parse(readFileSync(join(directory, name), "utf8"));
      if (!isEnvironment(content)) throw new Error("it is no table of strings");
      this.#kept.set(name.slice(0, -EXTENSION.length).replaceAll("%2F", "/"), content);
    } catch (error) {
      report(`the environment in ${join(directory, name)} is left out: its agent starts from the daemon's`, error);
    }
  }
}

function isEnvironment(value: unknown): value is Environment {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return false;
  return Object.values(value).every((each) => typeof each === "string");
}
