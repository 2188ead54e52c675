// Watches the files of every agent that wants it, and makes one restart of many changes.
import { relative } from "node:path";
import { isDeepStrictEqual } from "node:util";
import type { WatchPolicy } from "../config/spec.js";
import { FileChanges } from "../supervisor/file-changes.js";
import { FileWatch } from "../triggers/file-watch.js";
import type { Foundation } from "./foundation.js";
import type { Surroundings } from "./surroundings.js";

export interface WatchedFilesWorld {
  /** When the present session of an agent began, by the monotonic clock; null while there is none. */
  startedMono(agent: string): number | null;
  /** The working directory of an agent. */
  cwd(agent: string): string;
  /** `detail` says in words which files have changed. */
  due(agent: string, detail: string): void;
}

interface Watched {
  readonly policy: WatchPolicy;
  stop(): void;
}

export class WatchedFiles {
  readonly #place: Surroundings;
  readonly #foundation: Foundation;
  readonly #world: WatchedFilesWorld;
  readonly #watched = new Map<string, Watched>();

  constructor(place: Surroundings, foundation: Foundation, world: WatchedFilesWorld) {
    this.#place = place;
    this.#foundation = foundation;
    this.#world = world;
  }

  /** Sets what is watched for an agent, or takes it off with null. What is as before goes on. */
  set(agent: string, policy: WatchPolicy | null): void {
    const known = this.#watched.get(agent);
    if (isDeepStrictEqual(known?.policy ?? null, policy)) return;
    known?.stop();
    if (policy === null) this.#watched.delete(agent);
    else this.#watched.set(agent, { policy, stop: this.#begin(agent, policy) });
  }

  stop(): void {
    for (const { stop } of this.#watched.values()) stop();
    this.#watched.clear();
  }

  #begin(agent: string, policy: WatchPolicy): () => void {
    const { clock, log, report } = this.#foundation;
    const health = this.#healthOf(agent);
    let isClosed = false;
    const changes = new FileChanges({
      clock,
      debounceMs: policy.debounceMs,
      startedMono: () => this.#world.startedMono(agent),
      due: async (first, count) => {
        const missing = await watch.missing();
        if (isClosed) return;
        // What comes back is a change itself.
        health(missing === null ? null : `${missing} is not there any more`);
        if (missing === null) this.#world.due(agent, inWords(this.#shown(agent, first), count));
      },
      suspected: (path) => log.warn(SUSPICION, { agent, path }),
    });
    const watch = new FileWatch(policy, this.#ownFiles(), {
      after: clock.after,
      changed: (path) => changes.changed(path),
      watching() {
        health(null);
        log.info("files are watched", { agent, paths: policy.paths });
      },
      failed(why) {
        changes.hold();
        health(why);
      },
    });
    return () => {
      isClosed = true;
      changes.hold();
      health(null);
      watch.close().catch((error: unknown) => report(`${agent}: its files are still watched`, error));
    };
  }

  /** Tells why an agent's files are not watched just now; null: they are, or need not be. */
  #healthOf(agent: string): (why: string | null) => void {
    const { health } = this.#foundation;
    let present: string | null = null;
    return (why) => {
      const reason = why === null ? null : `${agent}: its files are not watched: ${why}`;
      if (reason === present) return;
      if (present !== null) health.note(present, { present: false });
      if (reason !== null) health.note(reason, { present: true });
      present = reason;
    };
  }

  /** As the agent itself would name it. */
  #shown(agent: string, path: string): string {
    const own = relative(this.#world.cwd(agent), path);
    return own === "" || own.startsWith("..") ? path : own;
  }

  /** What the daemon writes itself, where the home is no directory of its own. */
  #ownFiles(): readonly string[] {
    const { descriptor, socket, state, journal, logs, run, handoffs } = this.#place.files;
    return [descriptor, socket, state, journal, logs, run, handoffs, this.#place.descriptorPath];
  }
}

const SUSPICION = "files change as soon as each session begins: what the agent writes itself belongs in watch.ignore";

function inWords(first: string, count: number): string {
  return count === 1 ? `${first} has changed` : `${first} and ${count - 1} more have changed`;
}
