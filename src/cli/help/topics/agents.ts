// `hearth help agents`.
import { type Block, code, heading, terms, text } from "../../render/page.js";

export function page(): Block[] {
  return [
    heading("Agents"),
    text(
      'An agent is a named program that Hearth keeps alive. Each run of it is a session, and sessions are counted by their incarnation: 1, 2, 3 ... A session is a plain process with everything it starts, or with session = "tmux" a terminal of its own.',
    ),
    text(
      "Agents are defined in hearth.toml (`hearth help config`), or added with `hearth run`. They outlive the terminal, and the daemon as well: the next daemon takes the same processes over.",
    ),
    heading("States"),
    terms([
      { term: "stopped", meaning: "no session, and none is due" },
      { term: "starting", meaning: "waits for agents it depends on, or is about to run" },
      { term: "running", meaning: "has a session; it may not be ready yet" },
      { term: "stopping", meaning: "was asked to end, or its last processes are going" },
      { term: "backoff", meaning: "ended by itself, and is started again soon" },
      { term: "failed", meaning: "a crash loop: stays down until `hearth reset` or `hearth start --reset`" },
    ]),
    text(
      "Beside its state an agent is wanted up or down. Starting and restarting it make it wanted, `hearth stop` and `hearth shutdown` unwanted, and a daemon that starts starts what is wanted. At first that is what has autostart = true.",
    ),
    heading("Names"),
    text(
      "Letters, digits, _ and -, in segments joined by /: mayor, gastown/witness. A / at the end is ignored. Most commands take globs: * stands for anything within a segment, ** across segments, and a lone * for every agent. Quote them, or your shell looks for files.",
    ),
    code("hearth status 'gastown/*'", "hearth restart '**/witness' --wait"),
  ];
}
