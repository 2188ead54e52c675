// Why the daemon could not start or go on, in words for people and as an exit code.
import { formatProblem } from "../../protocol/config-problem.js";
import { HINT_MARK } from "../../protocol/hint.js";
import { ConfigError } from "../config/problem.js";
import { PathError } from "../paths.js";
import { NewerStateError } from "../storage/record-format.js";
import { StateUnusableError } from "../storage/store.js";
import { TrustError } from "../trust.js";
import { InheritedSocketError } from "./inherited-socket.js";
import { SocketInUseError, SocketPathOccupiedError } from "./public-socket.js";

/** Exit codes of hearthd; 78 is EX_CONFIG of sysexits(3), on which service managers are told not to restart. */
export const EXIT = { done: 0, failed: 1, usage: 2, restart: 75, config: 78 } as const;

/** Another daemon holds this home. */
export class HeldError extends Error {
  override readonly name = "HeldError";
  constructor(
    readonly pid: number,
    /** The socket that only it listens on. */
    readonly socketPath: string,
    home: string,
  ) {
    super(`another daemon (pid ${pid}) holds ${home}`);
  }
}

/**
 * This process is the first of its PID namespace, to which every orphan falls, and Node reaps none: they would fill the
 * process table. Nothing that a restart would mend.
 */
export class FirstProcessError extends Error {
  override readonly name = "FirstProcessError";
  /** The command or advice that helps. */
  readonly hint =
    "let `docker run --init` (or tini) run `hearth daemon run`, or the script examples/container/entry run hearthd";
  constructor() {
    super("hearthd cannot be process 1 of a container: Node does not reap the orphans that agents leave");
  }
}

export interface Failure {
  readonly exitCode: number;
  readonly lines: readonly string[];
}

/**
 * What to print and how to exit for anything that was thrown before the daemon served. `launched` by a client, which
 * reads the last line.
 */
export function describeFailure(error: unknown, { launched }: { readonly launched: boolean }): Failure {
  if (error instanceof ConfigError) return { exitCode: EXIT.config, lines: error.problems.map(formatProblem) };
  if (error instanceof HeldError) {
    const { pid, socketPath } = error;
    const advice = "run `hearth daemon status` to see it, or choose another home with --home";
    // The client waits for that daemon instead.
    const forClient = launched ? [JSON.stringify({ held: { pid, socketPath } })] : [];
    return { exitCode: EXIT.config, lines: [`${error.message}; ${advice}`, ...forClient] };
  }
  if (isAboutSurroundings(error)) return { exitCode: EXIT.config, lines: withHint(error) };
  // Not a matter of configuration: a service manager may try again.
  if (error instanceof StateUnusableError) return { exitCode: EXIT.failed, lines: withHint(error) };
  const lines = [error instanceof Error ? (error.stack ?? error.message) : String(error)];
  return { exitCode: EXIT.failed, lines };
}

/** A client that launched this process finds the hint by its mark, and tells it as its own. */
function withHint({ message, hint }: Error & { readonly hint: string }): readonly string[] {
  return [message, `${HINT_MARK}${hint}`];
}

function isAboutSurroundings(error: unknown): error is Error & { readonly hint: string } {
  const kinds = [
    ...[PathError, TrustError, NewerStateError, FirstProcessError],
    ...[InheritedSocketError, SocketInUseError, SocketPathOccupiedError],
  ];
  return kinds.some((kind) => error instanceof kind);
}
