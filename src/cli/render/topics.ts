// Help that belongs to no single command.

const EXIT_CODES = `Exit codes

  0    done (also "already running", "already stopped")
  1    failed
  2    wrong usage
  3    the daemon is not running
  4    no such agent
  5    timed out
  6    not permitted
  78   configuration error, or another daemon holds this home
  130  interrupted with Ctrl-C

\`hearth daemon status\`: 0 running, 1 stale or unresponsive, 3 stopped.
With --json a failure prints {"error": {code, kind, message, hint}}.`;

const FILES = `Where things are

The home holds one daemon's files. It is --home, else HEARTH_HOME, else .hearth/ beside
the nearest hearth.toml at or above the current directory, else ~/.hearth.

  hearth.toml          the agents; in the home, or beside a home named .hearth
  daemon.json          the descriptor: how clients find the daemon (keep it private)
  daemon.sock          the socket
  logs/daemon.log      the daemon's log
  logs/agents/NAME.log each agent's output

Inside an agent, HEARTH_SOCKET and HEARTH_TOKEN lead to its own daemon as that agent.
NO_COLOR turns colours off.`;

const TOPICS: ReadonlyMap<string, string> = new Map([
  ["exit-codes", EXIT_CODES],
  ["files", FILES],
]);

export const TOPIC_NAMES: readonly string[] = [...TOPICS.keys()];

/** The text of a topic, if there is one. */
export function topic(name: string): string | undefined {
  return TOPICS.get(name);
}
