// Which resources the client listens to. The SDK tells only its own entry, so it is read from the client's messages.
import { record, requestKey } from "./message.js";
import { parseUri, uriOf } from "./uris.js";

/** What one message begins and another ends: in protocol 2025 a single URI, in that of 2026 a request for many. */
type Begun = string;

export class Listeners {
  readonly #uris = new Map<Begun, readonly string[]>();

  /** By the one way to write an address, those that the client wrote; what is no address is left out. */
  get wanted(): ReadonlyMap<string, ReadonlySet<string>> {
    const wanted = new Map<string, Set<string>>();
    for (const uri of [...this.#uris.values()].flat()) {
      const shown = parseUri(uri);
      if (shown === null) continue;
      const address = uriOf(shown);
      wanted.set(address, (wanted.get(address) ?? new Set()).add(uri));
    }
    return wanted;
  }

  /** The agents whose logs are listened to. */
  get logs(): ReadonlySet<string> {
    const shown = [...this.#uris.values()].flat().map(parseUri);
    return new Set(shown.flatMap((each) => (each?.of === "log" ? [each.agent] : [])));
  }

  /** Looks at a message of the client on its way; tells whether it is about listening. */
  heed(message: unknown): boolean {
    const { method, id, params } = record(message);
    const { uri, notifications, requestId } = record(params);
    switch (method) {
      case "resources/subscribe":
        return typeof uri === "string" && this.#begin(uri, [uri]);
      case "resources/unsubscribe":
        return this.#uris.delete(String(uri));
      case "subscriptions/listen":
        return this.#begin(requestKey(id), texts(record(notifications).resourceSubscriptions));
      case "notifications/cancelled":
        return this.#uris.delete(requestKey(requestId));
      default:
        return false;
    }
  }

  #begin(begun: Begun, uris: readonly string[]): true {
    this.#uris.set(begun, uris);
    return true;
  }
}

function texts(value: unknown): string[] {
  return Array.isArray(value) ? value.filter((each): each is string => typeof each === "string") : [];
}
