// `hearth help environment`.
import { type Block, heading, terms, text } from "../../render/page.js";

export function page(): Block[] {
  return [
    heading("What hearth reads"),
    terms([
      { term: "HEARTH_HOME", meaning: "the home, unless --home is given (`hearth help files`)" },
      { term: "HEARTH_SOCKET", meaning: "the daemon's socket, unless --home, --descriptor or --socket is given" },
      { term: "HEARTH_TOKEN", meaning: "attach with this token instead of the operator's: as an agent" },
      { term: "NO_COLOR", meaning: "no colours, whatever its value, unless it is empty" },
      { term: "TERM", meaning: "dumb: no colours" },
      { term: "SHELL", meaning: "for `hearth completion` without a shell's name" },
    ]),
    heading("What an agent gets"),
    text(
      "The daemon's own environment, then its env_file, then env of its definition, then these. An agent that runs hearth therefore talks to its own daemon, as itself.",
    ),
    terms([
      { term: "HEARTH_HOME", meaning: "the daemon's home" },
      { term: "HEARTH_SOCKET", meaning: "the daemon's socket" },
      { term: "HEARTH_AGENT", meaning: "the agent's name" },
      { term: "HEARTH_INCARNATION", meaning: "the number of this session" },
      { term: "HEARTH_TOKEN", meaning: "proves that a caller is this session; ends with it" },
      { term: "HEARTH_HANDOFF_FILE", meaning: "the handoff that waits for it; not set when there is none" },
    ]),
    text(
      "A command that is run for a poke has the poke's message in HEARTH_POKE_MESSAGE. None of the HEARTH_ variables that a daemon was itself started with reach an agent, nor what tells of the terminal that it was started in (TMUX, STY, PWD and their like).",
    ),
  ];
}
