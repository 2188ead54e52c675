// Carries a command out, and turns what it throws into words and an exit code.
import { ERRORS, HearthError, invalidParams } from "../../protocol/errors.js";
import type { Command } from "./command.js";
import { type Context, createContext, type Surroundings } from "./context.js";
import { EXIT, exitCodeOf } from "./exit-codes.js";
import { jsonFor } from "./output.js";
import type { Parsed } from "./parse-hot.js";
import { renderFailure, reportFailure } from "./render/failure.js";

/** Runs a command whose arguments have been read; returns its exit code. */
export async function perform(
  command: Command,
  { given, globals }: Parsed,
  { surroundings, explain }: { readonly surroundings: Surroundings; readonly explain: Context["explain"] },
): Promise<number> {
  const context = createContext(surroundings, globals, explain);
  if (command.ownsSignals === true) return command.run(context, given);
  process.once("SIGINT", exitInterrupted);
  try {
    return await command.run(context, given);
  } catch (error) {
    throw asUsage(command, error);
  } finally {
    process.off("SIGINT", exitInterrupted);
  }
}

/** What does not fit a method did not fit the command, which explains itself where the daemon knows no better advice. */
function asUsage({ name }: Command, error: unknown): unknown {
  const isRefused = error instanceof HearthError && error.hint === ERRORS["invalid-params"].hint;
  return isRefused && name !== "rpc" ? invalidParams(error.message, `run \`hearth ${name} --help\``) : error;
}

/** Nothing needs to be undone: what was asked of the daemon goes on without its asker. */
function exitInterrupted(): never {
  process.exit(EXIT.interrupted);
}

/** Does something on behalf of a command line; whatever it throws is told and becomes an exit code. */
export async function guarded(
  argv: readonly string[],
  { stdout, stderr }: Surroundings,
  action: () => Promise<number>,
): Promise<number> {
  try {
    return await action();
  } catch (error) {
    const report = reportFailure(error);
    // Read from the bare command line, since what is wrong may be its flags.
    if (wantsJson(argv)) stdout.write(`${jsonFor(stdout, report)}\n`);
    else stderr.write(`${renderFailure(report).join("\n")}\n`);
    return exitCodeOf(error);
  }
}

/** For what is told before, or instead of, reading the arguments in full. */
export function wantsJson(argv: readonly string[]): boolean {
  return beforeProgram(argv).includes("--json");
}

/** The arguments that are Hearth's own: what stands behind `--` is another program's. */
export function beforeProgram(argv: readonly string[]): readonly string[] {
  const end = argv.indexOf("--");
  return end === -1 ? argv : argv.slice(0, end);
}
