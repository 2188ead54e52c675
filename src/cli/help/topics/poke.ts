// `hearth help poke`, the topic.
import { type Block, code, heading, terms, text } from "../../render/page.js";

export function page(): Block[] {
  return [
    heading("Pokes and beats: the heartbeat of an agent"),
    text(
      "The daemon pokes an agent at its interval, or when you do: `hearth poke AGENT`. How a poke reaches it is in the agent's definition in hearth.toml:",
    ),
    code("[agents.mayor.heartbeat]", 'interval = "60s"', 'poke = "session"', 'message = "Check your mail."'),
    terms([
      { term: "session", meaning: "a line on its standard input, or a paste into its terminal" },
      { term: "rpc", meaning: "a heartbeat notification, if it is attached to the socket" },
      { term: "signal:SIGUSR1", meaning: "a signal" },
      { term: "command:./x.sh", meaning: "a program, with the message in HEARTH_POKE_MESSAGE" },
      { term: "none", meaning: "nothing (the default)" },
    ]),
    text(
      "An agent is not poked while it starts, stops or is in backoff. What became of the last poke is in `hearth status AGENT`; `hearth events --type poke.sent` has the earlier ones.",
    ),
    text(
      'A beat goes the other way: `hearth beat` inside the agent says that it is alive. With when_missed = 3 in its heartbeat the watchdog restarts an agent that was silent for three intervals; startup_grace = "5m" gives a new session more time. To the restart policy that is a crash like any other.',
    ),
  ];
}
