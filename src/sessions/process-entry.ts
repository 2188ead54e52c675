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

/** A process by its own number and its parent's, where there is nothing better to know it by. */
export function elderKey({ pid, ppid }: Pick<ProcessEntry, "pid" | "ppid">): string {
  return `${pid}<${ppid}`;
}

/** What a process is doing, as far as signals that stop it go. */
export type Motion =
  | "runs"
  /** Stopped, but for a thread that is still finishing what it was doing. */
  | "stopping"
  /** No thread of it does anything before it is continued. */
  | "stopped"
  /** Whether it goes on is up to its tracer. */
  | "traced"
  | "gone";

/** Who a process says it belongs to, through the environment it was started with. */
export interface Owner {
  readonly home: string;
  readonly agent: string;
  readonly incarnation: number;
}
