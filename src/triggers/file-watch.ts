// Watches the files of one agent, also over directories that vanish and come back; chokidar is loaded by the first one.
import { type FSWatcher as Sentry, watch } from "node:fs";
import { stat } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import type { FSWatcher } from "chokidar";
import type { WatchPolicy } from "../config/spec.js";
import { spelledOut, type WatchedPaths, watchedPaths, watchRoots } from "./watched-paths.js";

/** Pause before a directory that is gone is looked for again, in milliseconds. */
const GONE_MS = 1_000;
/** Pause before watching is tried again that the system refused, in milliseconds. */
const REFUSED_MS = 60_000;

export interface FileWatchWorld {
  /** Calls back once after `delayMs`; returns what calls it off. */
  after(delayMs: number, callback: () => void): () => void;
  /** A file has come, gone or changed. */
  changed(path: string): void;
  /** From here on every change is seen. */
  watching(): void;
  /** The system refuses, or a directory is not there; tried again by itself. */
  failed(why: string): void;
}

/** @param own files of Hearth's own, which are never watched */
export class FileWatch {
  readonly #roots: readonly string[];
  readonly #spelledOut: readonly string[];
  readonly #paths: WatchedPaths;
  readonly #world: FileWatchWorld;
  #watcher: FSWatcher | null = null;
  /** Of the directories above. */
  #sentries: Sentry[] = [];
  #cancel: () => void = () => {};
  #isClosed = false;
  /** What the definition names and was there at some time. */
  readonly #seen = new Set<string>();
  /** A directory that was to be watched and was not there. */
  #gone: string | null = null;

  constructor(policy: WatchPolicy, own: readonly string[], world: FileWatchWorld) {
    this.#roots = watchRoots(policy);
    this.#spelledOut = spelledOut(policy);
    this.#paths = watchedPaths(policy, own);
    this.#world = world;
    void this.#open();
  }

  /** What the definition names and was there before, but is not now: a program should not be started without it. */
  async missing(): Promise<string | null> {
    let missing: string | null = null;
    for (const path of this.#spelledOut) {
      const isThere = await stat(path).then(
        () => true,
        () => false,
      );
      if (isThere) this.#seen.add(path);
      else if (this.#seen.has(path)) missing ??= path;
    }
    return missing;
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    this.#cancel();
    await this.#letGo();
  }

  async #open(): Promise<void> {
    try {
      const chokidar = await import("chokidar");
      const gone = await firstGone(this.#roots);
      await this.missing();
      if (this.#isClosed) return;
      const options = { ignoreInitial: true, ignored: this.#isIgnored, ignorePermissionErrors: true };
      if (gone === null) this.#attend(chokidar.watch([...this.#roots], options));
      else this.#isGone(gone);
    } catch (error) {
      this.#refused(error);
    }
  }

  /** Called twice for each path: before and after it has been looked at. */
  readonly #isIgnored = (path: string, stats?: { isFile(): boolean }): boolean =>
    !(stats?.isFile() ? this.#paths.isWatched(path) : this.#paths.isWorthALook(path));

  #attend(watcher: FSWatcher): void {
    this.#watcher = watcher;
    watcher.on("error", (error) => this.#refused(error));
    watcher.on("ready", () => this.#isWatching());
    watcher.on("all", (event, path) => {
      const isMeant =
        event === "addDir" ? this.#spelledOut.includes(path) : event !== "unlinkDir" && this.#paths.isWatched(path);
      if (isMeant) this.#world.changed(path);
    });
    watcher.on("raw", (event, name, details) => {
      const { watchedPath } = details as { readonly watchedPath: string };
      if (event !== "rename" || !name) return;
      void this.#lookAtDirectory(watcher, join(watchedPath, name));
    });
    this.#sentries = this.#roots.filter((root) => root !== dirname(root)).map((root) => this.#sentryOf(root, watcher));
  }

  /** A directory that is removed tells nobody as long as some process works in it, as the agent may; the one above does. */
  #sentryOf(root: string, watcher: FSWatcher): Sentry {
    const sentry = watch(dirname(root), (event, name) => {
      if (event === "rename" && name === basename(root)) void this.#lookAtDirectory(watcher, root);
    });
    return sentry.on("error", (error) => this.#refused(error));
  }

  /**
   * What chokidar doesn't tell: that where it began there is nothing any more, and that a directory was moved to the place
   * of another, whose files it goes on watching wherever they are now.
   */
  async #lookAtDirectory(watcher: FSWatcher, path: string): Promise<void> {
    if (!this.#paths.isWorthALook(path)) return;
    const isThere = await isDirectory(path);
    if (watcher !== this.#watcher) return;
    if (!isThere && this.#roots.includes(path)) this.#isGone(path);
    if (!isThere || watcher.getWatched()[path] === undefined) return;
    await this.#letGo();
    if (this.#isClosed) return;
    this.#world.changed(path);
    await this.#open();
  }

  #isWatching(): void {
    this.#world.watching();
    // Whatever was put in its place is new.
    if (this.#gone !== null) this.#world.changed(this.#gone);
    this.#gone = null;
  }

  #isGone(directory: string): void {
    this.#gone = directory;
    this.#retry(`the directory ${directory} is not there`, GONE_MS);
  }

  #refused(error: unknown): void {
    const { code, message } = error instanceof Error ? (error as NodeJS.ErrnoException) : { message: String(error) };
    this.#retry((code && WORDS.get(code)) ?? message, REFUSED_MS);
  }

  /** Whoever fails once may fail for each of its files. */
  #retry(why: string, delayMs: number): void {
    void this.#letGo();
    if (this.#isClosed) return;
    this.#world.failed(why);
    this.#cancel();
    this.#cancel = this.#world.after(delayMs, () => void this.#open());
  }

  async #letGo(): Promise<void> {
    for (const sentry of this.#sentries.splice(0)) sentry.close();
    const watcher = this.#watcher;
    this.#watcher = null;
    const closed = watcher?.close();
    // What it was doing meanwhile may still fail, which nobody wants to know and an emitter without a listener throws.
    watcher?.on("error", () => {});
    await closed;
  }
}

const WORDS: ReadonlyMap<string, string> = new Map([
  ["ENOSPC", "the machine's watches are used up (sysctl fs.inotify.max_user_watches): watch or ignore more precisely"],
  ["EMFILE", "the machine's watchers are used up (sysctl fs.inotify.max_user_instances, or open files)"],
]);

async function firstGone(directories: readonly string[]): Promise<string | null> {
  for (const directory of directories) if (!(await isDirectory(directory))) return directory;
  return null;
}

async function isDirectory(path: string): Promise<boolean> {
  return stat(path).then(
    (found) => found.isDirectory(),
    () => false,
  );
}
