// The hearth.toml that `hearth init` writes: what was found, and every setting of a first agent with its default.
import type { Findings, Found } from "./proposal.js";
import { tomlKey, tomlLine } from "./toml.js";

const HEAD = `# Agents that Hearth keeps alive. \`hearth config check\` checks this file, \`hearth start\` starts them.
# Durations and sizes take units ("10s", "5m", "100MB"); relative paths start at this file's directory.

[daemon]
# heartbeat_interval = "60s"
# log_max_size = "100MB"      # a log over this size is rotated
# log_max_files = 3
`;

const SAMPLES = `# [agents.gateway]
# command = "node gateway.mjs"  # or ["node", "gateway.mjs"]; never run by a shell
# cwd = "."
# env = { LOG_LEVEL = "info" }
# env_file = ".env"             # lines of NAME=value
# autostart = true              # start it with the daemon
#
# # When it ends by itself: three restarts in five minutes, the next failure is a crash loop.
# restart = { policy = "on-failure", max_attempts = 3, window = "5m", backoff = "1s", backoff_max = "1m", jitter = 0.1 }
# stop = { signal = "SIGTERM", grace = "10s" }
# ready = { output = "listening on", timeout = "30s" }  # or tcp, http, command, delay, notify
#
# [agents.worker]
# command = "node worker.mjs"
# depends_on = ["gateway"]      # starts when the gateway is ready
#
# [agents.mayor]
# command = "node mayor.mjs"
# session = "tmux"              # a terminal of its own: \`hearth attach mayor\`; for programs that want one, as LLM agents do
# may_control = ["worker"]      # other agents that it may start, stop, restart, poke and ask things of
#
# # Poked every interval by session (its stdin, or its terminal), rpc, signal:SIGUSR1, command:./poke.sh or none (default).
# # With when_missed = 3 the watchdog restarts it after three intervals without a beat (\`hearth beat\`).
# heartbeat = { interval = "60s", poke = "session", message = "Check your mail.", when_missed = 3, startup_grace = "5m" }
`;

/** The text of the file. `schema` is where its JSON Schema is, for editors (a directive that Taplo and others read). */
export function hearthToml(findings: Findings | null, { schema }: { readonly schema: string }): string {
  const found = findings === null ? [] : [`# Found: ${findings.source}\n`, ...findings.agents.map(agentTable)];
  const samples = findings === null ? SAMPLES : `# What else an agent can say, by example.\n\n${SAMPLES}`;
  return [`#:schema ${schema}\n${HEAD}`, ...found, samples].join("\n");
}

function agentTable({ name, settings, remarks = [], isOff = false }: Found): string {
  const table = [`[agents.${tomlKey(name)}]`, ...Object.entries(settings).map(([key, value]) => tomlLine(key, value))];
  const lines = [
    ...remarks.map((remark) => `# ${oneLine(remark)}`),
    ...table.map((line) => (isOff ? `# ${line}` : line)),
  ];
  return `${lines.join("\n")}\n`;
}

/** A remark may quote its source, which must not end the comment. */
function oneLine(remark: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is taken out
  return remark.replace(/[\x00-\x1f\x7f]+/g, " ");
}
