// `hearth __complete`: answers a shell that asks what to offer. It says nothing else, whatever goes wrong, starts nothing, and
// is soon done.
import type { AgentStatus } from "../../../protocol/methods.js";
import { createContext, type Surroundings, withClient } from "../context.js";
import { EXIT } from "../exit-codes.js";
import { plain } from "../render/text.js";
import { complete, type Offer, type Place } from "./complete.js";
import type { Shell } from "./scripts.js";
import { readShellLine } from "./shell-line.js";

/** Whoever presses Tab waits no longer than this for a daemon that is busy; milliseconds. */
const PATIENCE_MS = 250;

/** Prints what to offer for a command line up to the cursor. */
export async function answerShell(
  [shell = "", line = ""]: readonly string[],
  surroundings: Surroundings,
): Promise<number> {
  const { env, stdout } = surroundings;
  const typed = readShellLine(line, { dialect: shell === "fish" ? "fish" : "posix", env });
  const place = { ...surroundings, env: { ...env, ...typed.assignments } };
  const offer = await complete(typed, (named) => agentsAt(place, named)).catch((): null => null);
  const lines = offer === null ? [] : linesOf(offer, { shell, current: typed.current });
  if (lines.length > 0) stdout.write(`${lines.join("\n")}\n`);
  return EXIT.done;
}

async function agentsAt(
  surroundings: Surroundings,
  { home, descriptor, socket }: Place,
): Promise<readonly AgentStatus[]> {
  const flags = { home, descriptor, socket, json: true, timeout: `${PATIENCE_MS}ms`, "no-color": true };
  const context = createContext(surroundings, { ...flags, help: false, version: false }, () => Promise.resolve(""));
  const options = { timeoutMs: PATIENCE_MS };
  const { agents } = await withClient(context, (client) => client.call("agent.list", {}, options));
  return agents;
}

/** bash offers what it gets; the others choose by what was typed, each in its own way. */
function linesOf(
  { candidates, leave }: Offer,
  { shell, current }: { readonly shell: string; readonly current: string },
) {
  const isBash = shell === ("bash" satisfies Shell);
  const offered = isBash ? candidates.filter(({ value }) => value.startsWith(current)) : candidates;
  return [
    ...offered.map(({ value, about }) => (isBash || about === "" ? value : `${value}\t${plain(about)}`)),
    ...(leave === null ? [] : [`:${leave}`]),
  ];
}
