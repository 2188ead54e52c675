// events.*: subscriptions of a connection.
import { limitReached, notPossible } from "../../protocol/errors.js";
import type { Handlers } from "../server/rpc.js";
import type { Services } from "./services.js";

type EventMethods = "events.list" | "events.subscribe" | "events.unsubscribe";

export function eventMethods({ hub }: Services): Pick<Handlers, EventMethods> {
  return {
    "events.list": ({ peer }, { limit, ...filter }) => peer.inTurn(() => ({ events: hub.latest(limit, filter) })),
    "events.subscribe": ({ peer }, wish) => {
      const { seq } = hub;
      const subscription = peer.subscribe((id) => hub.subscribe(peer, id, wish));
      if (subscription === undefined) throw tooManySubscriptions();
      return { subscription, seq };
    },
    "events.unsubscribe": ({ peer }, { subscription }) => {
      if (!peer.unsubscribe(subscription)) {
        throw notPossible(`This connection has no subscription "${subscription}".`);
      }
      return {};
    },
  };
}

export function tooManySubscriptions() {
  const way = { instead: "End one of them or use another connection", key: "subscriptions" };
  return limitReached("This connection has as many subscriptions as one may have.", way);
}
