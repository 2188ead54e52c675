// `hearth status` as all programs define it; what it shows to people is loaded apart, since scripts call it again and again.
import type { AgentStatus } from "../../../protocol/methods.js";
import { isGlob, parseAgentGlob } from "../../../protocol/names.js";
import type { Client } from "../../client/client.js";
import type { CallOptions } from "../../client/limit.js";
import { type Command, defineCommand } from "../command.js";
import { someAgents } from "../completion/completes.js";
import { type Context, timeoutOf, withClient } from "../context.js";
import { EXIT } from "../exit-codes.js";
import { AGENT_EXITS } from "../help/exits.js";

/** Whom to look at. */
export type Subject =
  | { readonly kind: "agents"; readonly match: string | undefined }
  | { readonly kind: "agent"; readonly agent: string };

/** What is done for people. */
export interface StatusView {
  show(context: Context, subject: Subject): Promise<void>;
  /** Goes on until Ctrl-C. */
  watch(context: Context, subject: Subject): Promise<void>;
}

const DETAILS = [
  "The sign before a state is ● running, ◐ not ready, ◌ starting, ◑ stopping, ○ stopped, ↻ in backoff, ✖ failed; where the locale has no UTF-8 it is * + + - o ~ x.",
  "CPU is in per cent of one core, over the life of each process, as ps tells it. MEM is the resident memory of all processes of a session.",
  "HOUR is the last hour, the oldest on the left: each character shows the worst state within its minutes, from ▇ running over ▅ starting or stopping and ▃ in backoff to ✖ failed; ▁ is stopped and · not known (= + ~ x _ . without UTF-8).",
  `Where a terminal is narrow, columns are left out; a pipe gets all of them. --json has neither usage nor history, which take time: ask for them with \`hearth rpc agent.list '{"usage": true, "history": true}'\`.`,
].join("\n\n");

/** The command; `load` is called only when people look on. */
export function statusCommand(load: () => Promise<StatusView>): Command {
  return defineCommand({
    name: "status",
    aliases: ["ls"],
    summary: "Shows the daemon and its agents at a glance, or all about one.",
    details: DETAILS,
    positionals: [
      { name: "agent", summary: "only this agent, or those that a glob matches", completes: someAgents("any") },
    ],
    flags: {
      watch: { type: "boolean", short: "w", summary: "draw it again whenever something changes, until Ctrl-C" },
    },
    exits: AGENT_EXITS,
    examples: [
      "hearth status",
      "hearth status gateway  # all about one",
      "hearth status --watch",
      "hearth status 'gastown/*' --json",
    ],
    seeAlso: ["top", "logs", "events", "daemon status", "help agents"],
    async run(context, { words: [word], flags }) {
      const subject = subjectOf(word);
      if (flags.watch) await (await load()).watch(context, subject);
      else if (context.output.json) await printAgents(context, subject);
      else await (await load()).show(context, subject);
      return EXIT.done;
    },
  });
}

/** @throws {HearthError} `invalid-params` for what can be no agent's name. */
function subjectOf(word: string | undefined): Subject {
  const match = word === undefined ? undefined : parseAgentGlob(word);
  return match === undefined || isGlob(match) ? { kind: "agents", match } : { kind: "agent", agent: match };
}

/** Scripts and prompts call this again and again: it asks for nothing that takes time, and loads nothing more. */
async function printAgents(context: Context, subject: Subject): Promise<void> {
  const options = { timeoutMs: timeoutOf(context) };
  const [daemon, agents] = await withClient(context, (client) =>
    Promise.all([client.call("daemon.status", {}, options), agentsOf(client, subject, options)]),
  );
  context.output.result({ daemon, agents }, () => []);
}

async function agentsOf(client: Client, subject: Subject, options: CallOptions): Promise<AgentStatus[]> {
  if (subject.kind === "agent") return [await client.call("agent.get", { agent: subject.agent }, options)];
  const { match } = subject;
  return (await client.call("agent.list", match === undefined ? {} : { match }, options)).agents;
}
