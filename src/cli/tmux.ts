// Runs the tmux client in this terminal, against the tmux server of a home.
import { spawn } from "node:child_process";
import { dirname, join } from "node:path";
import { notPossible } from "../../protocol/errors.js";
import { hasCode } from "../errno.js";
import type { Context } from "./context.js";
import { inForeground } from "./foreground.js";

/** Arguments of tmux that show the session of exactly this agent: `-t may` would mean `mayor` too. */
export function attachCommand({
  socketPath,
  agent,
}: {
  readonly socketPath: string;
  readonly agent: string;
}): string[] {
  // The tmux server's socket lies beside the daemon's, where paths are short enough.
  return ["-S", join(dirname(socketPath), "tmux.sock"), "attach-session", "-t", `=${agent}:`];
}

/**
 * Runs tmux with this process's streams and returns its exit code.
 * @throws {HearthError} `not-possible` when there is no tmux.
 */
export async function runTmux(args: readonly string[], env: Context["env"]): Promise<number> {
  // TMUX stays set: by it tmux refuses to show a terminal of this server in itself, while other servers' are no obstacle.
  return inForeground(spawn("tmux", args, { stdio: "inherit", env })).catch(asMissing);
}

function asMissing(error: unknown): never {
  if (!hasCode(error, "ENOENT")) throw error;
  throw notPossible(
    "There is no tmux in PATH.",
    "Install it (`apt install tmux`), or put it into PATH, then run `hearth doctor`.",
  );
}
