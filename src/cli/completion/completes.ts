// What can stand for an argument: how the table of commands tells a shell what to offer.

/**
 * Which agents a verb makes sense for, by what they are now: `up` has a session or is to get one, `down` has none, `troubled`
 * waits after failures, `terminal` is a tmux agent.
 */
export type AgentFilter = "any" | "up" | "down" | "troubled" | "terminal";

/** What completes an argument or a flag's value. */
export type Completes =
  | {
      readonly what: "agents";
      readonly which: AgentFilter;
      /** Offers groups such as `town/*`, too. */
      readonly withGlobs?: boolean;
      /** Takes several, joined by commas. */
      readonly isList?: boolean;
    }
  /** Words that are known without a daemon; asked for only when they are needed. */
  | {
      readonly what: "words";
      readonly words: () => readonly string[] | Promise<readonly string[]>;
      readonly isList?: boolean;
    }
  /** Left to the shell. */
  | { readonly what: "files" | "directories" }
  /** What `hearth help` explains. */
  | { readonly what: "help" };

export const FILES: Completes = { what: "files" };
export const DIRECTORIES: Completes = { what: "directories" };

/** The name of one agent. */
export function oneAgent(which: AgentFilter): Completes {
  return { what: "agents", which };
}

/** Names of agents, or a glob for a group of them. */
export function someAgents(which: AgentFilter): Completes {
  return { what: "agents", which, withGlobs: true };
}
