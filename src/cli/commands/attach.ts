// `hearth attach`: a tmux agent's terminal, in this one.

import { notPossible, notRunning } from "../../../protocol/errors.js";
import type { Hint } from "../../../protocol/hint.js";
import type { AgentStatus } from "../../../protocol/methods.js";
import { parseAgentName } from "../../../protocol/names.js";
import { AGENT } from "../agent-verbs.js";
import { defineCommand } from "../command.js";
import { oneAgent } from "../completion/completes.js";
import { type Context, timeoutOf, withClient } from "../context.js";
import { AGENT_EXITS } from "../help/exits.js";
import { attachCommand, runTmux } from "../tmux.js";
import { UsageError } from "../usage-error.js";

export const command = defineCommand({
  name: "attach",
  summary: "Shows a tmux agent's terminal in this one; Ctrl-B D leaves it.",
  details:
    'The agent goes on when you leave. Typing there holds pokes back for a while. Inside another tmux its prefix key has to be pressed twice. Only agents with session = "tmux" have a terminal.',
  positionals: [{ ...AGENT, completes: oneAgent("terminal") }],
  exits: { ...AGENT_EXITS, failed: "the agent has no terminal, or is not running" },
  examples: ["hearth attach mayor", "hearth --home /srv/town/.hearth attach gastown/witness  # of another daemon"],
  seeAlso: ["capture", "poke", "logs"],
  ownsSignals: true,
  async run(context, { words: [word = ""] }) {
    const agent = parseAgentName(word);
    if (context.output.json)
      throw new UsageError("attach: a terminal is no JSON value", lookInstead(`${agent} --json`));
    const socketPath = await socketPathFor(context, agent);
    assertIsInTerminal(context, agent);
    return runTmux(attachCommand({ socketPath, agent }), context.env);
  },
});

/** @throws {UsageError} tmux would only say "open terminal failed". */
function assertIsInTerminal({ stdout }: Context, agent: string): void {
  if (stdout.isTTY === true && process.stdin.isTTY === true) return;
  throw new UsageError("attach: this needs a terminal, and stdin or stdout is none", lookInstead(agent));
}

/** The daemon's socket, once it is sure that the agent has a terminal. */
async function socketPathFor(context: Context, agent: string): Promise<string> {
  const options = { timeoutMs: timeoutOf(context) };
  const [status, daemon] = await withClient(context, (client) =>
    Promise.all([client.call("agent.get", { agent }, options), client.call("daemon.status", {}, options)]),
  );
  assertHasTerminal(status);
  return daemon.socketPath;
}

/** @throws {HearthError} `not-possible`. */
function assertHasTerminal({ agent, session, state, pid }: AgentStatus): void {
  if (session !== "tmux") {
    const hint: Hint = `Follow its output with \`hearth logs ${agent} -f\`, or give it session = "tmux".`;
    throw notPossible(`Agent "${agent}" has no terminal: its session is a plain process.`, hint);
  }
  if (pid === null) throw notRunning(agent, state);
}

function lookInstead(words: string): Hint {
  return `see what it shows with \`hearth capture ${words}\``;
}
