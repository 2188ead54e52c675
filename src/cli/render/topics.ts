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

const HANDOFF = `Handoffs: what a session leaves for the next one

An agent that wants a fresh session asks for it, and tells it what it must know:

  hearth cycle --self --handoff "Half of the review is done: see notes.md"
  git log -5 | hearth cycle --self --handoff -
  hearth cycle --self --handoff-file notes.md

The next session finds the text in the file that HEARTH_HANDOFF_FILE names, or
with \`hearth handoff get\`. So an agent that is a shell script begins with:

  if [ -n "$HEARTH_HANDOFF_FILE" ]; then cat "$HEARTH_HANDOFF_FILE"; fi
  hearth ready

\`hearth ready\` takes the handoff, and so does living for 60 s. A session that
dies before leaves it to the next one; only \`hearth restart\` discards it.

\`hearth handoff put\` leaves one at any time, without asking for a cycle. When
somebody else cycles an agent that is attached to the socket, the agent is asked
for a handoff first, with a deadline, and answers with handoff.put.

A handoff is at most 1 MiB of UTF-8; the last 10 of each agent are kept. One
that begins with "-" is written --handoff=TEXT, or comes from standard input.`;

const POKE = `Pokes and beats: the heartbeat of an agent

The daemon pokes an agent at its interval, or when you do: \`hearth poke AGENT\`.
How a poke reaches it is in the agent's definition in hearth.toml:

  [agents.mayor.heartbeat]
  interval = "60s"
  poke = "session"
  message = "Check your mail."

  session          a line on its standard input, or a paste into its terminal
  rpc              a heartbeat notification, if it is attached to the socket
  signal:SIGUSR1   a signal
  command:./x.sh   a program, with the message in HEARTH_POKE_MESSAGE
  none             nothing (the default)

An agent is not poked while it starts, stops or is in backoff. What became of
the last poke is in \`hearth status AGENT\`; \`hearth events --type poke.sent\` has
the earlier ones.

A beat goes the other way: \`hearth beat\` inside the agent says that it is alive.
With when_missed = 3 in its heartbeat the watchdog restarts an agent that was
silent for three intervals; startup_grace = "5m" gives a new session more time.`;

const TOPICS: ReadonlyMap<string, string> = new Map([
  ["exit-codes", EXIT_CODES],
  ["files", FILES],
  ["handoff", HANDOFF],
  ["poke", POKE],
]);

export const TOPIC_NAMES: readonly string[] = [...TOPICS.keys()];

/** The text of a topic, if there is one. */
export function topic(name: string): string | undefined {
  return TOPICS.get(name);
}
