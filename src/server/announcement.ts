// One event on its way to subscribers: made into text once for all to whom it reads the same.
import { encodeText, type Framing } from "../../protocol/framing.js";

/** What subscribers are told differs in their subscription's id alone, and most connections have only the first. */
export class Announcement {
  readonly #json: string;
  readonly #texts: Readonly<Record<Framing, Map<string, string>>> = { newline: new Map(), "content-length": new Map() };

  /** @param json the JSON text of all of the event's members but the subscription, without the opening brace */
  constructor(json: string) {
    this.#json = json;
  }

  /** The notification as it is sent. */
  text(subscription: string, framing: Framing): string {
    const texts = this.#texts[framing];
    const known = texts.get(subscription);
    if (known !== undefined) return known;
    const params = `{"subscription":${JSON.stringify(subscription)},${this.#json}`;
    const text = encodeText(`{"jsonrpc":"2.0","method":"event","params":${params}}`, framing);
    texts.set(subscription, text);
    return text;
  }
}
