// The real file system, for a process that dies at a chosen step: what it did stays, what it would do next does not happen.
import type * as Fs from "node:fs";
import type * as FsPromises from "node:fs/promises";

class Died extends Error {}

/** The process that uses the file system. Every change of a file is a step of its life. */
class Life {
  isOver = false;
  #steps = Number.POSITIVE_INFINITY;
  #meanwhile = () => {};

  /** Begins a life of so many steps; `meanwhile` happens before each of them. */
  begin({ steps, meanwhile }: { readonly steps: number; readonly meanwhile: () => void }): void {
    this.isOver = false;
    this.#steps = steps;
    this.#meanwhile = meanwhile;
  }

  /** To be called before a change. Throws when the process dies, or is dead. */
  step(): void {
    this.breathe();
    this.#meanwhile();
    this.#steps -= 1;
    if (this.#steps < 0) this.end();
  }

  /** To be called before a look. Throws when the process is dead. */
  breathe(): void {
    if (this.isOver) throw new Died("the process is dead");
  }

  end(): never {
    this.isOver = true;
    throw new Died("the process dies");
  }
}

export const life = new Life();

/** `node:fs/promises` for `vi.mock`. */
export function mortalPromises(real: typeof FsPromises) {
  const change =
    <A extends unknown[], R>(work: (...args: A) => Promise<R>) =>
    async (...args: A): Promise<R> => {
      life.step();
      return work(...args);
    };
  const look =
    <A extends unknown[], R>(work: (...args: A) => Promise<R>) =>
    async (...args: A): Promise<R> => {
      life.breathe();
      return work(...args);
    };
  const remove = async (path: string, options?: Fs.RmOptions): Promise<void> => {
    // A directory goes entry by entry, in an unlucky order: the newest piece first, what says that it is a piece last.
    const entries = options?.recursive ? await real.readdir(path).catch(() => []) : [];
    const pieces = entries.filter((entry) => /^\d+$/.test(entry)).sort();
    const rest = entries.filter((entry) => !pieces.includes(entry));
    for (const entry of [...pieces.reverse(), ...rest.sort()]) await remove(`${path}/${entry}`);
    life.step();
    await real.rm(path, options);
  };
  const open = async (path: string, flags: string, mode?: number): Promise<FsPromises.FileHandle> => {
    if (flags === "r") life.breathe();
    else life.step();
    const handle = await real.open(path, flags, mode);
    const { truncate } = handle;
    const write = handle.writeFile.bind(handle) as (bytes: Buffer) => Promise<void>;
    const writeHalves = async (bytes: Buffer): Promise<void> => {
      await change(write)(bytes.subarray(0, bytes.length >> 1));
      await change(write)(bytes.subarray(bytes.length >> 1));
    };
    return Object.assign(handle, { writeFile: writeHalves, truncate: change(truncate.bind(handle)) });
  };
  const { mkdir, rename, writeFile, readFile, readdir, stat } = real;
  const changes = { mkdir: change(mkdir), rename: change(rename), writeFile: change(writeFile), rm: remove, open };
  return { ...real, ...changes, readFile: look(readFile), readdir: look(readdir), stat: look(stat) };
}

/** `node:fs` for `vi.mock`. */
export function mortalSync(real: typeof Fs) {
  const change =
    <A extends unknown[], R>(work: (...args: A) => R) =>
    (...args: A): R => {
      life.step();
      return work(...args);
    };
  const { appendFileSync, openSync } = real;
  return {
    ...real,
    appendFileSync: change(appendFileSync),
    openSync: change(openSync),
  };
}
