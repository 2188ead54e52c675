// There is no tmux on Windows: an agent that asks for it is told so, and no other is affected.
import { LaunchError, type SessionKind } from "./session.js";

/** A kind of session that never begins. */
export function createNoTmuxSessions(): SessionKind {
  return {
    async fork() {
      throw new LaunchError("tmux sessions are not on Windows", 'take `session = "tmux"` out of the definition');
    },
    adopt: async () => ({ outcome: "never-ran" }),
    clearMark: async () => {},
    find: async () => [],
    sweep: async () => {},
    close: async () => {},
  };
}
