// `hearth logs`: what agents wrote, and what they write.
import type { Client } from "../../client/client.js";
import { AGENTS } from "../agent-verbs.js";
import { defineCommand } from "../command.js";
import { type Context, timeoutOf, withClient } from "../context.js";
import { EXIT } from "../exit-codes.js";
import type { FlagValues } from "../flags.js";
import { AGENT_EXITS } from "../help/exits.js";
import { LOG_FLAGS, lineFilter, noteCut, refuseJsonStream } from "../log-flags.js";
import type { AgentLines, LogLine } from "../logs/agent-lines.js";
import { type Logs, logsOf } from "../logs/agents-lines.js";
import { type Chosen, choose } from "../logs/chosen-agents.js";
import { followAgents } from "../logs/follow-agents.js";
import type { LineFilter } from "../logs/line-filter.js";
import { LogPrinter } from "../logs/log-printer.js";
import { merge } from "../logs/merge.js";
import { remarks } from "../logs/remarks.js";

const FLAGS = {
  ...LOG_FLAGS,
  stderr: { type: "boolean", summary: "of agents whose stderr goes to a file of its own: that file" },
  timestamps: { type: "boolean", short: "t", summary: "say when each line was written, where that is known" },
} as const;

export const command = defineCommand({
  name: "logs",
  summary: "Shows the last lines of agents' output: of one, of several, or of all.",
  details: `Lines of several agents are put in order by the times they begin with: ISO 8601, epoch, syslog, web servers' logs, JSON and logfmt. Those of an agent stay in their order; what tells no time stands where its log was last written to. -n counts for each agent and is what at most 1 MiB holds, unless --since or --grep look through everything that is kept.

--since of lines that tell no time goes by what the daemon has seen of their file, to a heartbeat while it runs; how close that is, is said.

--timestamps shows when each line was written: as it tells itself, or when it came while following, or "-" when nobody knows.`,
  positionals: [AGENTS],
  flags: FLAGS,
  examples: [
    "hearth logs gateway -n 200",
    "hearth logs -f",
    "hearth logs 'gastown/*' mayor --since 10m",
    "hearth logs gateway --grep '(?i)error|timeout' -f",
  ],
  exits: AGENT_EXITS,
  seeAlso: ["capture", "events", "daemon logs"],
  async run(context, { words, flags }) {
    refuseJsonStream(context, flags);
    const chosen = choose(words);
    const filter = lineFilter(context, flags, Date.now());
    await withClient(context, async (client) => {
      const source = { timeoutMs: timeoutOf(context), ...streamOf(flags) };
      const wish = { ...filter, ...source, isFollowed: flags.follow };
      const logs = await logsOf(client, chosen, wish);
      await (context.output.json
        ? tell(context, logs, flags, chosen)
        : show(context, client, { logs, chosen, flags, filter }));
    });
    return EXIT.done;
  },
});

type Flags = FlagValues<typeof FLAGS>;

/** What is asked for instead of the log. */
function streamOf({ stderr }: Flags): { readonly stream?: "stderr" } {
  return stderr ? { stream: "stderr" } : {};
}

interface Shown {
  readonly logs: Logs;
  readonly chosen: Chosen;
  readonly flags: Flags;
  readonly filter: LineFilter;
}

/** Follows until Ctrl-C, or until the daemon is gone for good. */
async function show(context: Context, client: Client, { logs, chosen, flags, filter }: Shown): Promise<void> {
  const { pattern } = filter;
  const printer = new LogPrinter(context, { isOne: chosen.isOne, hasTimes: flags.timestamps, pattern });
  printer.expect([...logs.keys()]);
  for await (const lines of merge([...logs.values()])) printer.print(lines);
  for (const remark of remarks(logs, { ...chosen, ...streamOf(flags) })) context.output.note(remark);
  if (!flags.follow) return;
  const after = Object.fromEntries([...logs].map(([agent, { next }]) => [agent, next]));
  const wish = { patterns: chosen.patterns, pattern, after, timeoutMs: timeoutOf(context), ...streamOf(flags) };
  await followAgents(client, wish, (lines) => {
    printer.expect(lines.map(({ agent }) => agent));
    printer.print(lines);
  });
}

/** One JSON value; of one agent its own. */
async function tell(context: Context, logs: Logs, flags: Flags, { isOne, patterns }: Chosen): Promise<void> {
  const { output } = context;
  const told = await Promise.all([...logs].map(([agent, log]) => toldOf(agent, log, flags)));
  for (const remark of remarks(logs, { patterns, ...streamOf(flags) })) output.note(remark);
  noteCut(context, flags, Math.max(0, ...told.map(({ lines }) => lines.length)));
  output.result(isOne ? told[0] : { logs: told }, () => []);
}

async function toldOf(agent: string, log: AgentLines, { timestamps }: Flags) {
  const lines: LogLine[] = [];
  for await (const batch of log) for (const line of batch) lines.push(line);
  const times = timestamps ? { times: lines.map(({ at }) => (at === null ? null : new Date(at).toISOString())) } : {};
  return { agent, lines: lines.map(({ text }) => text), ...times, file: log.file };
}
