// What clients find of this daemon, its socket and its descriptor: published, put back, and taken away at the end.
import type { Descriptor } from "../../protocol/descriptor.js";
import { isPipe } from "../pipe-names-windows.js";
import { removeDescriptor, writeDescriptor, writeDescriptorIfMissing } from "./descriptor-file.js";
import type { Leadership } from "./lock.js";
import { leaveSockets } from "./runtime-directory.js";
import { prepareSocketDirectory, type Surroundings } from "./surroundings.js";

export class Presence {
  readonly #place: Surroundings;
  readonly #leadership: Leadership;
  readonly #descriptor: Descriptor;
  #withdrawn = false;

  constructor(place: Surroundings, leadership: Leadership, descriptor: Descriptor) {
    this.#place = place;
    this.#leadership = leadership;
    this.#descriptor = descriptor;
  }

  /** Every file that clients need, the leader's own socket among them; a pipe is none. */
  get files(): readonly string[] {
    const { sockets, descriptorPath } = this.#place;
    return [this.#leadership.socketPath, sockets.socket, descriptorPath].filter((path) => !isPipe(path));
  }

  async publish(): Promise<void> {
    await this.#leadership.publish();
    await writeDescriptor(this.#place.descriptorPath, this.#descriptor);
  }

  /**
   * Puts back what somebody deleted, and names it.
   * @throws {TrustError} {SocketPathOccupiedError} when something else is in its place, or the system's error
   */
  async restore(): Promise<readonly string[]> {
    if (this.#withdrawn) return [];
    const { sockets, caller, descriptorPath } = this.#place;
    prepareSocketDirectory(sockets, caller);
    const restored = (await this.#leadership.publish()) ? [sockets.socket] : [];
    const isWritten = await writeDescriptorIfMissing(descriptorPath, this.#descriptor);
    return isWritten ? [...restored, descriptorPath] : restored;
  }

  /** Removes what is still this daemon's. */
  async withdraw(): Promise<void> {
    this.#withdrawn = true;
    await this.#leadership.unpublish();
    await removeDescriptor(this.#place.descriptorPath, this.#descriptor.instanceId);
    await leaveSockets(this.#leadership.socketPath, this.#place.sockets.runtimeDirectory);
  }
}
