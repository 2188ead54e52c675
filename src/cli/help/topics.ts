// The table of help topics: what belongs to no single command, with each page loaded on demand.
import type { Block } from "../render/page.js";

/** One topic. */
export interface Topic {
  readonly name: string;
  /** One line, for lists of topics. */
  readonly summary: string;
  readonly load: () => Promise<{ readonly page: () => Block[] }>;
}

/** Every topic, as `hearth help` lists them. */
export const TOPICS: readonly Topic[] = [
  topic("agents", "What an agent is, its states and its name.", () => import("./topics/agents.js")),
  topic("config", "Every key of hearth.toml.", () => import("./topics/config.js")),
  topic(
    "environment",
    "Variables that hearth reads, and those that agents get.",
    () => import("./topics/environment.js"),
  ),
  topic("exit-codes", "What each exit code means.", () => import("./topics/exit-codes.js")),
  topic("files", "Where everything is, and how the home is found.", () => import("./topics/files.js")),
  topic("handoff", "What a session leaves for the next one.", () => import("./topics/handoff.js")),
  topic("poke", "Pokes, beats and the watchdog.", () => import("./topics/poke.js")),
  topic("restarts", "When an agent is started again, and crash loops.", () => import("./topics/restarts.js")),
  topic("scripting", "JSON, exit codes and waiting, for scripts.", () => import("./topics/scripting.js")),
  topic("security", "Who may ask what, and what that does not protect from.", () => import("./topics/security.js")),
];

function topic(name: string, summary: string, load: Topic["load"]): Topic {
  return { name, summary, load };
}
