// Which agents there are: those of hearth.toml, and those that were added while the daemon ran.
import { dirname } from "node:path";
import { type ConfigProblem, formatProblem } from "../../protocol/config-problem.js";
import { badConfig, notPossible } from "../../protocol/errors.js";
import { hintOf } from "../../protocol/hint.js";
import type { AgentDefinition, NamedAgentDefinition, Result } from "../../protocol/methods.js";
import { cronFlaws } from "../config/cron.js";
import { diffConfigs } from "../config/diff.js";
import { ConfigError, withoutPlace } from "../config/problem.js";
import { resolveAgent } from "../config/resolve.js";
import type { AgentSpec, Config } from "../config/spec.js";
import { sharedStderr } from "../config/stderr.js";
import type { AdHocAgents } from "../methods/services.js";
import type { Store } from "../storage/store.js";
import { onDisk } from "../supervisor/on-disk.js";
import type { Supervisor } from "../supervisor/supervisor.js";

/** An added agent as the journal keeps it. */
interface AdHocRecord {
  readonly definition: AgentDefinition;
  /** Where its relative paths start. */
  readonly directory: string;
}

export interface DefinitionsOptions {
  readonly config: Config;
  /** Reads hearth.toml again. */
  readonly load: () => Promise<Config>;
  readonly store: Store;
  readonly supervisor: Supervisor;
  /** Its logs are nobody's stderr file; relative paths of added agents start here when there is no hearth.toml. */
  readonly home: string;
  report(what: string, error: unknown): void;
}

export class Definitions implements AdHocAgents {
  #config: Config;
  #reloaded: Promise<unknown> = Promise.resolve();
  readonly #options: DefinitionsOptions;

  constructor(options: DefinitionsOptions) {
    this.#options = options;
    this.#config = options.config;
  }

  get config(): Config {
    return this.#config;
  }

  /** Every agent: hearth.toml's, then the added ones that it doesn't define too. */
  all(): readonly AgentSpec[] {
    return [...this.#config.agents.values(), ...this.#added()];
  }

  async add({ name, ...definition }: NamedAgentDefinition): Promise<void> {
    const { store, supervisor, home } = this.#options;
    const { file } = this.#config;
    const directory = file === null ? home : dirname(file);
    const spec = resolved(() =>
      resolveAgent(name, definition, { directory, heartbeatIntervalMs: this.#config.heartbeatIntervalMs }),
    );
    const flaws = await cronFlaws(spec);
    if (flaws.length > 0) throw asBadConfig({ problems: flaws.map(withoutPlace) });
    for (const dependency of spec.dependsOn) supervisor.get(dependency);
    const flaw = sharedStderr(spec, { others: this.all(), home });
    if (flaw !== null) throw asBadConfig({ problems: [withoutPlace(flaw)] });
    supervisor.add(spec);
    store.put("definition", name, { definition, directory } satisfies AdHocRecord);
    await onDisk(store.durable());
  }

  async remove(agent: string): Promise<void> {
    const { store, supervisor } = this.#options;
    if (this.#config.agents.has(agent)) {
      throw notPossible(
        `Agent "${agent}" is defined in ${this.#config.file}.`,
        "Take it out of that file, then run `hearth daemon reload`.",
      );
    }
    await supervisor.remove(agent);
    store.put("definition", agent, null);
    await onDisk(store.durable());
  }

  /** Reads hearth.toml again and applies what changed; one after the other, so that what was read last holds. */
  reload(): Promise<Result<"daemon.reload">> {
    const reloaded = this.#reloaded.then(() => this.#reload());
    this.#reloaded = reloaded.catch(() => {});
    return reloaded;
  }

  async #reload(): Promise<Result<"daemon.reload">> {
    const after = await this.#load();
    const diff = diffConfigs(this.#config, after);
    this.#refuseClash(diff.added.map(({ name }) => name));
    this.#config = after;
    this.#options.supervisor.apply(diff);
    return {
      added: diff.added.map(({ name }) => name),
      removed: [...diff.removed],
      changed: diff.changed.map(({ spec }) => spec.name),
      unchanged: [...diff.unchanged],
    };
  }

  async #load(): Promise<Config> {
    try {
      return await this.#options.load();
    } catch (error) {
      throw error instanceof ConfigError ? asBadConfig(error) : error;
    }
  }

  #refuseClash(added: readonly string[]): void {
    const clash = added.find((name) => this.#options.store.entries("definition").has(name));
    if (clash === undefined) return;
    throw badConfig(`Agent "${clash}" has been added by hand already.`, {
      hint: `Run \`hearth remove ${clash}\` first.`,
    });
  }

  #added(): readonly AgentSpec[] {
    const records = this.#options.store.entries("definition") as ReadonlyMap<string, AdHocRecord>;
    return [...records].flatMap(([name, { definition, directory }]) => {
      if (this.#config.agents.has(name)) return [];
      try {
        return [resolveAgent(name, definition, { directory, heartbeatIntervalMs: this.#config.heartbeatIntervalMs })];
      } catch (error) {
        this.#options.report(`the added agent ${name} is left out`, error);
        return [];
      }
    });
  }
}

function resolved(resolve: () => AgentSpec): AgentSpec {
  try {
    return resolve();
  } catch (error) {
    throw error instanceof ConfigError ? asBadConfig(error) : error;
  }
}

/** The first problem in full; how many more there are. */
function asBadConfig({ problems }: { readonly problems: readonly ConfigProblem[] }): Error {
  const [first] = problems;
  if (first === undefined) return badConfig("The configuration is wrong.");
  const more = problems.length === 1 ? "" : ` (and ${problems.length - 1} more: run \`hearth config check\`)`;
  return badConfig(`${formatProblem(first)}${more}`, {
    hint: hintOf(first.hint, "run `hearth config check`"),
    data: { problems },
  });
}
