// logs.follow: lines of logs as they are written.
import { parseLogPlace } from "../../protocol/log-place.js";
import { isGlob } from "../../protocol/names.js";
import type { Handlers } from "../server/rpc.js";
import { tooManySubscriptions } from "./events.js";
import { LogFollowing } from "./log-following.js";
import type { Services } from "./services.js";

/** Stands for the daemon's own log. */
const DAEMON = "daemon";

export function logMethods(services: Services): Pick<Handlers, "logs.follow"> {
  const { supervisor, hub, report } = services;
  return {
    "logs.follow": ({ peer }, { agent, lines, stream, after }) => {
      const logs = stream === "stderr" ? services.stderrLogs : services.logs;
      const has = (name: string): boolean =>
        stream === undefined || (supervisor.find(name)?.stderrFile ?? null) !== null;
      const chosen = agent === DAEMON ? [agent] : supervisor.select(agent).map(({ name }) => name);
      // Of a glob those that have such a log. One that is named is refused now or never: it could only fail.
      const names = isGlob(agent) ? chosen.filter(has) : chosen;
      for (const name of names) logs.path(name);
      const places = after === undefined ? null : new Map(Object.entries(after));
      const subscription = peer.subscribe((id) => {
        const wish = { id, lines, tellsNext: places !== null };
        const following = new LogFollowing({ logs, hub, report }, peer, wish);
        for (const name of names) {
          const place = places?.get(name);
          following.begin(name, place === undefined ? undefined : parseLogPlace(place));
        }
        if (agent !== DAEMON) following.heedAgents(agent, has);
        return () => following.end();
      });
      if (subscription === undefined) throw tooManySubscriptions();
      return { subscription };
    },
  };
}
