// logs.follow: lines of a log as they are written.
import type { Peer } from "../server/peer.js";
import type { Handlers } from "../server/rpc.js";
import { tooManySubscriptions } from "./events.js";
import type { ReadableLogs, Services } from "./services.js";

export function logMethods(services: Services): Pick<Handlers, "logs.follow"> {
  return {
    "logs.follow": ({ peer }, { agent, lines, stream }) => {
      const name = agent === "daemon" ? agent : services.supervisor.get(agent).name;
      const logs = stream === "stderr" ? services.stderrLogs : services.logs;
      // Refused now or never: a subscription that could only fail is none.
      logs.path(name);
      const subscription = peer.subscribe((id) => {
        const following = new AbortController();
        const sent = send(logs, peer, { id, name, lines, signal: following.signal });
        sent.catch((error: unknown) => {
          if (!following.signal.aborted) services.report(`following the log of ${name}`, error);
        });
        return () => following.abort();
      });
      if (subscription === undefined) throw tooManySubscriptions();
      return { subscription };
    },
  };
}

async function send(
  logs: ReadableLogs,
  peer: Peer,
  wish: { readonly id: string; readonly name: string; readonly lines: number; readonly signal: AbortSignal },
): Promise<void> {
  const { id, name, signal } = wish;
  const { last, rest } = await peer.inTurn(() => logs.follow(name, wish), { signal });
  const tell = async (lines: readonly string[]): Promise<void> => {
    if (lines.length > 0 && !signal.aborted) peer.notify("log", { subscription: id, agent: name, lines });
    // The file waits for a slow reader; nothing is kept in memory for it.
    await peer.caughtUp();
  };
  await tell(last);
  for await (const lines of rest) await tell(lines);
}
