// `hearth help security`.
import { type Block, code, heading, terms, text } from "../../render/page.js";

export function page(): Block[] {
  return [
    heading("Who may ask what"),
    text(
      "Everything talks to the daemon over a socket in the home, which nobody but you can open. A caller proves who it is with a token, and what it may do follows from that; who asked for something is never taken from what a caller says of itself.",
    ),
    terms([
      {
        term: "operator",
        meaning: "the token in daemon.json: may do anything. It is what you are outside of an agent",
      },
      {
        term: "agent",
        meaning:
          "the token of a session, in its HEARTH_TOKEN: may look at everything, act on itself, and on others as may_control in its definition permits. It ends with the session",
      },
    ]),
    code("[agents.mayor]", 'command = "claude"', 'may_control = ["gastown/*"]'),
    text(
      "What is refused exits with 6. With HEARTH_TOKEN set the token in daemon.json is never used, so an agent does not become the operator by accident.",
    ),
    heading("Where the limits are"),
    text(
      "Tokens protect from mistakes and from other users, not from a hostile program of the same user: it can read daemon.json. may_control is a fence, not a wall. Agents that you do not trust belong under another user, or in a container.",
    ),
    text(
      "A home, a hearth.toml or a descriptor that somebody else could have written is refused (78), since its commands would run as you. Root can do anything, as always.",
    ),
    text(
      "Commands are never run by a shell. What agents write is shown without escape sequences, except colours, so that a log can't control your terminal; `hearth attach` shows the agent's terminal as it is. A handoff and a poke are text from somebody else: an agent that is an LLM should treat them as such.",
    ),
  ];
}
