// `hearth help handoff`.
import { type Block, code, heading, text } from "../../render/page.js";

export function page(): Block[] {
  return [
    heading("Handoffs: what a session leaves for the next one"),
    text("An agent that wants a fresh session asks for it, and tells it what it must know:"),
    code(
      'hearth cycle --self --handoff "Half of the review is done: see notes.md"',
      "git log -5 | hearth cycle --self --handoff -",
      "hearth cycle --self --handoff-file notes.md",
    ),
    text(
      "The next session finds the text in the file that HEARTH_HANDOFF_FILE names, or with `hearth handoff get`. So an agent that is a shell script begins with:",
    ),
    code('if [ -n "$HEARTH_HANDOFF_FILE" ]; then cat "$HEARTH_HANDOFF_FILE"; fi', "hearth ready"),
    text(
      "`hearth ready` takes the handoff, and so does living for 60 s. A session that dies before leaves it to the next one; only `hearth restart` discards it.",
    ),
    text(
      "`hearth handoff put` leaves one at any time, without asking for a cycle. When somebody else cycles an agent that is attached to the socket, the agent is asked for a handoff first, with a deadline (handoff_timeout in hearth.toml), and answers with handoff.put.",
    ),
    text(
      'A handoff is at most 1 MiB of UTF-8; the last 10 of each agent are kept. One that begins with "-" is written --handoff=TEXT, or comes from standard input.',
    ),
  ];
}
