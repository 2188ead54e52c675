// `hearth help files`.
import { type Block, heading, terms, text } from "../../render/page.js";

export function page(): Block[] {
  return [
    heading("Where things are"),
    text(
      "The home holds one daemon's files. It is --home, else HEARTH_HOME, else .hearth/ beside the nearest hearth.toml at or above the current directory, else ~/.hearth (on Windows %LOCALAPPDATA%\\Hearth). A home, and what leads to it, has to belong to you, and nobody else may be able to write there.",
    ),
    terms([
      { term: "hearth.toml", meaning: "the agents; in the home, or beside a home named .hearth" },
      {
        term: "daemon.json",
        meaning: "the descriptor: how clients find the daemon, with the operator's token; keep it private",
      },
      { term: "daemon.sock", meaning: "the socket; on Windows it is a named pipe instead" },
      { term: "journal.ndjson", meaning: "what the daemon knows, with its checkpoint state.json" },
      { term: "handoffs/", meaning: "the last 10 handoffs of each agent" },
      { term: "logs/daemon.log", meaning: "the daemon's log" },
      {
        term: "logs/agents/NAME.log",
        meaning: "an agent's output, a / in its name as %2F; NAME.log.1 is the newest backup",
      },
      { term: "run/", meaning: "locks, marks and pipes, which mean nothing after a reboot" },
    ]),
    text(
      "Leave journal, locks and descriptor to the daemon. To begin anew, run `hearth daemon stop` and remove the home; a hearth.toml beside it stays.",
    ),
  ];
}
