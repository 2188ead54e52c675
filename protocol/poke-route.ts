// The ways a poke can go, as a definition names them: session, rpc, a signal, a command, or none.
import { invalidParams } from "./errors.js";
import { SIGNALS, type SignalName } from "./signals.js";
import { suggest } from "./suggest.js";

/** A route as it was written, its command not yet split into words. */
export type WrittenPokeRoute =
  | { readonly kind: "none" | "session" | "rpc" }
  | { readonly kind: "signal"; readonly signal: SignalName }
  | { readonly kind: "command"; readonly command: string };

const PLAIN = ["session", "rpc", "none"] as const;
const EXAMPLES = '"session", "rpc", "signal:SIGUSR1", "command:./poke.sh" or "none"';

/** Signals no program can handle, so that each poke would end or freeze its agent. */
const DEADLY: readonly SignalName[] = ["SIGKILL", "SIGSTOP"];
const POKE_SIGNALS = SIGNALS.filter((signal) => !DEADLY.includes(signal));

/**
 * The route that `heartbeat.poke` names.
 * @throws HearthError `invalid-params` that says how it is written.
 */
export function parsePokeRoute(text: string): WrittenPokeRoute {
  const plain = PLAIN.find((kind) => kind === text);
  if (plain !== undefined) return { kind: plain };
  if (text.startsWith("signal:")) return { kind: "signal", signal: parsePokeSignal(text.slice("signal:".length)) };
  if (text.startsWith("command:")) return { kind: "command", command: parsePokeCommand(text) };
  throw invalidParams(`expected ${EXAMPLES}, got ${JSON.stringify(text)}${didYouMean(text, PLAIN)}`);
}

function parsePokeSignal(name: string): SignalName {
  const signal = POKE_SIGNALS.find((known) => known === name);
  if (signal !== undefined) return signal;
  const words = `a poke cannot be the signal ${JSON.stringify(name)}`;
  throw invalidParams(`${words}; it can be ${POKE_SIGNALS.join(", ")}`);
}

function parsePokeCommand(text: string): string {
  const command = text.slice("command:".length);
  if (command.trim() === "") throw invalidParams('expected a program after "command:", such as "command:./poke.sh"');
  if (command.includes("\0")) throw invalidParams("must not contain a NUL character");
  return command;
}

function didYouMean(text: string, candidates: readonly string[]): string {
  const [nearest] = suggest(text, candidates);
  return nearest === undefined ? "" : `; did you mean "${nearest}"?`;
}
