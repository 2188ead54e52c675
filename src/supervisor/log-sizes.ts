// Notices that a log has outgrown its limit while its agent runs: looks at each heartbeat, and each second while one grows fast.
import type { Clock } from "./clock.js";

export interface LogSizesWorld {
  readonly clock: Clock;
  /** Time between two looks when no log grows fast, in milliseconds. */
  heartbeatMs(): number;
  /** Logs that a live session writes to. */
  written(): Iterable<string>;
  /** In bytes. */
  sizeOf(log: string): number;
  /** A larger log is to be rotated, in bytes. */
  maxBytes(): number;
  /** Rotates a log, however long that takes. Rejects when it could not, after telling whoever should know. */
  rotate(log: string): Promise<void>;
}

const SOON_MS = 1_000;

/** What two looks at a log have shown, in bytes. */
interface Growth {
  readonly size: number;
  readonly before: number | undefined;
  readonly elapsedMs: number;
}

export class LogSizes {
  readonly #world: LogSizesWorld;
  /** As of the last look, in bytes. */
  #sizes = new Map<string, number>();
  #lookedMono: number | null = null;
  readonly #rotating = new Set<string>();
  /** Could not be rotated; tried again at the next heartbeat. */
  readonly #refused = new Set<string>();
  #cancelHeartbeat: () => void = () => {};
  #cancelSoon: (() => void) | null = null;

  constructor(world: LogSizesWorld) {
    this.#world = world;
  }

  /** Looks at each heartbeat from here on. */
  begin(): void {
    this.#awaitHeartbeat();
  }

  /** A session has begun to write to a log: nobody knows yet how fast. */
  began(log: string): void {
    this.#sizes.delete(log);
    this.#lookSoon();
  }

  /** Begins no rotation any more; one that is under way goes on. */
  stop(): void {
    this.#cancelHeartbeat();
    this.#cancelSoon?.();
    // Whatever ends later would arm the timer again.
    this.#cancelSoon = () => {};
  }

  #awaitHeartbeat(): void {
    const { clock, heartbeatMs } = this.#world;
    this.#cancelHeartbeat = clock.after(heartbeatMs(), () => {
      this.#awaitHeartbeat();
      this.#refused.clear();
      // Two looks at the same moment would see nothing grow.
      if (this.#cancelSoon === null) this.#look();
    });
  }

  #lookSoon(): void {
    this.#cancelSoon ??= this.#world.clock.after(SOON_MS, () => {
      this.#cancelSoon = null;
      this.#look();
    });
  }

  #look(): void {
    const { clock, written, sizeOf } = this.#world;
    const now = clock.mono();
    const elapsedMs = this.#lookedMono === null ? SOON_MS : now - this.#lookedMono;
    const before = this.#sizes;
    const sizes = new Map([...written()].map((log) => [log, sizeOf(log)]));
    this.#sizes = sizes;
    this.#lookedMono = now;
    for (const [log, size] of sizes) this.#judge(log, { size, before: before.get(log), elapsedMs });
  }

  #judge(log: string, growth: Growth): void {
    if (this.#rotating.has(log) || this.#refused.has(log)) return;
    if (growth.size > this.#world.maxBytes()) void this.#rotate(log);
    else if (this.#outgrowsBeforeHeartbeat(growth)) this.#lookSoon();
  }

  /** One that was not looked at before may grow as fast as a disk can write. */
  #outgrowsBeforeHeartbeat({ size, before, elapsedMs }: Growth): boolean {
    if (before === undefined) return true;
    const bytesPerMs = (size - before) / Math.max(1, elapsedMs);
    return size + bytesPerMs * this.#world.heartbeatMs() > this.#world.maxBytes();
  }

  async #rotate(log: string): Promise<void> {
    this.#rotating.add(log);
    try {
      await this.#world.rotate(log);
      this.#sizes.delete(log);
      this.#lookSoon();
    } catch {
      this.#refused.add(log);
    } finally {
      this.#rotating.delete(log);
    }
  }
}
