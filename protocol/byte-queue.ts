// Bytes that have arrived and were not used yet, kept in one piece at a cost linear in their number.

const NOTHING = Buffer.alloc(0);
const SMALLEST_STORE = 4_096;

/**
 * A first-in, first-out queue of bytes. A chunk that meets an empty queue is borrowed, not copied; others go into a store
 * that doubles, so that neither a peer that sends byte by byte nor a frame of many chunks costs more than its length.
 */
export class ByteQueue {
  /** A borrowed chunk is full by its nature, so it is never written to. */
  #store: Buffer = NOTHING;
  #start = 0;
  #end = 0;

  /** Bytes in the queue. */
  get length(): number {
    return this.#end - this.#start;
  }

  /** Adds bytes at the end; the caller leaves them unchanged from here on. */
  append(chunk: Buffer): void {
    if (this.length === 0) this.#replace(chunk, chunk.length);
    else this.#copyIn(chunk);
  }

  /** The byte at an offset from the front. */
  at(offset: number): number | undefined {
    return this.#store[this.#start + offset];
  }

  /** Offset of the first such byte at or after `from`, or -1. */
  indexOf(byte: number, from = 0): number {
    const found = this.#live(from).indexOf(byte);
    return found < 0 ? -1 : from + found;
  }

  /** Offset of the last such byte at or after `from`, or -1. */
  lastIndexOf(byte: number, from = 0): number {
    // What arrives mostly ends with what is looked for.
    if (this.#store[this.#end - 1] === byte && this.length > from) return this.length - 1;
    const found = this.#live(from).lastIndexOf(byte);
    return found < 0 ? -1 : from + found;
  }

  /** The first bytes, left in the queue; valid until the next `append`. */
  peek(count: number): Buffer {
    if (this.#start === 0 && count === this.#store.length) return this.#store;
    return this.#store.subarray(this.#start, this.#start + count);
  }

  /** Takes bytes off the front. */
  drop(count: number): void {
    this.#start += count;
    if (this.length === 0) this.clear();
  }

  /** Forgets everything. */
  clear(): void {
    this.#replace(NOTHING, 0);
  }

  #live(from: number): Buffer {
    return this.#store.subarray(this.#start + from, this.#end);
  }

  #copyIn(chunk: Buffer): void {
    if (this.#end + chunk.length > this.#store.length) this.#makeRoom(chunk.length);
    chunk.copy(this.#store, this.#end);
    this.#end += chunk.length;
  }

  #makeRoom(more: number): void {
    const size = this.length;
    const grown = Buffer.allocUnsafeSlow(Math.max(SMALLEST_STORE, 2 * (size + more)));
    this.#live(0).copy(grown);
    this.#replace(grown, size);
  }

  #replace(store: Buffer, size: number): void {
    this.#store = store;
    this.#start = 0;
    this.#end = size;
  }
}
