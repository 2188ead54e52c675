// What one row of the process table says, in the words that hold on every platform.

/** A value that one platform knows at once and another has to ask a program for. */
export type Awaitable<T> = T | Promise<T>;

/** A live process; zombies are never listed, since they count as gone. */
export interface ProcessEntry {
  readonly pid: number;
  readonly ppid: number;
  /** Process group; null where the platform does not tell. */
  readonly pgid: number | null;
  /** POSIX session; null where the platform does not tell. */
  readonly sid: number | null;
  /** As in `ProcessIdentity.start`: a decimal number whose unit is the platform's. */
  readonly start: string;
}

/** Who a process says it belongs to, through the environment it was started with. */
export interface Owner {
  readonly home: string;
  readonly agent: string;
  readonly incarnation: number;
}
