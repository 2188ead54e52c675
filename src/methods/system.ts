// system.* and rpc.discover: what anyone may ask.
import { badToken } from "../../protocol/errors.js";
import { DAEMON_VERSION, PROTOCOL_VERSION } from "../../protocol/version.js";
import type { Handlers } from "../server/rpc.js";
import { timestamp } from "../supervisor/status.js";
import type { Services } from "./services.js";

type SystemMethods = "system.ping" | "system.version" | "system.attach" | "rpc.discover";

export function systemMethods({ daemon, attached, now }: Services): Pick<Handlers, SystemMethods> {
  return {
    "system.ping": () => ({ pong: true, at: timestamp(now()) }),
    "system.version": () => ({ daemonVersion: DAEMON_VERSION, protocolVersion: PROTOCOL_VERSION }),
    "system.attach": ({ peer }, { token }) => {
      const caller = daemon.authenticate(token);
      if (caller === null) throw badToken();
      peer.attach(caller);
      if (caller.role === "agent") attached.add(caller.agent, peer);
      return { ...caller, protocolVersion: PROTOCOL_VERSION };
    },
    "rpc.discover": ({ peer }) => peer.inTurn(() => daemon.discover()),
  };
}
