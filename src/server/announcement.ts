// One event on its way to subscribers: made into text once for all to whom it reads the same.
import { encodeText, type Framing } from "../../protocol/framing.js";
import type { Numbered } from "./event-memory.js";

/** What subscribers are told differs in their subscription's id alone, and most connections have only the first. */
export class Announcement {
  readonly #event: Pick<Numbered, "json">;
  readonly #texts: Readonly<Record<Framing, Map<string, string>>> = { newline: new Map(), "content-length": new Map() };

  constructor(event: Pick<Numbered, "json">) {
    this.#event = event;
  }

  /** The notification as it is sent. */
  text(subscription: string, framing: Framing): string {
    const texts = this.#texts[framing];
    const known = texts.get(subscription);
    if (known !== undefined) return known;
    const params = `{"subscription":${JSON.stringify(subscription)},${this.#event.json}`;
    const text = encodeText(`{"jsonrpc":"2.0","method":"event","params":${params}}`, framing);
    texts.set(subscription, text);
    return text;
  }
}
