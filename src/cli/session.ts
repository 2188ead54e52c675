// Whether a command runs inside an agent's session, for what only a session can ask.
import type { Context } from "./context.js";
import { UsageError } from "./usage-error.js";

/**
 * To be called before anything that the daemon answers by who asks. `what` is the command as it was typed.
 * @throws {UsageError} this process got no token of a session.
 */
export function assertInSession({ env }: Pick<Context, "env">, what: string): void {
  if (isInSession({ env })) return;
  const message = `${what}: this is not the session of an agent (HEARTH_TOKEN is not set)`;
  throw new UsageError(
    message,
    "let the agent run it: Hearth sets HEARTH_TOKEN for the sessions it starts (see `hearth help files`)",
  );
}

/** The token of a session is what makes a caller that agent. An empty one counts as none. */
export function isInSession({ env }: Pick<Context, "env">): boolean {
  return Boolean(env.HEARTH_TOKEN);
}
