// The table of commands: their words, in the order help shows them, with the code behind each loaded on demand.
import type { Command } from "./command.js";

/** One row. */
export interface CommandEntry {
  readonly name: string;
  readonly aliases: readonly string[];
  readonly load: () => Promise<{ readonly command: Command }>;
}

/** Every command. A test holds names and aliases to the definitions themselves. */
export const COMMANDS: readonly CommandEntry[] = [
  entry("status", () => import("./commands/status.js"), ["ls"]),
  entry("top", () => import("./commands/top.js")),
  entry("start", () => import("./commands/start.js")),
  entry("stop", () => import("./commands/stop.js")),
  entry("restart", () => import("./commands/restart.js")),
  entry("cycle", () => import("./commands/cycle.js")),
  entry("shutdown", () => import("./commands/shutdown.js")),
  entry("requests", () => import("./commands/requests.js")),
  entry("poke", () => import("./commands/poke.js")),
  entry("beat", () => import("./commands/beat.js")),
  entry("ready", () => import("./commands/ready.js")),
  entry("handoff get", () => import("./commands/handoff-get.js")),
  entry("handoff put", () => import("./commands/handoff-put.js")),
  entry("attach", () => import("./commands/attach.js")),
  entry("capture", () => import("./commands/capture.js")),
  entry("events", () => import("./commands/events.js")),
  entry("logs", () => import("./commands/logs.js")),
  entry("run", () => import("./commands/run.js")),
  entry("remove", () => import("./commands/remove.js")),
  entry("reset", () => import("./commands/reset.js")),
  entry("signal", () => import("./commands/signal.js")),
  entry("daemon start", () => import("./commands/daemon-start.js")),
  entry("daemon stop", () => import("./commands/daemon-stop.js")),
  entry("daemon restart", () => import("./commands/daemon-restart.js")),
  entry("daemon reload", () => import("./commands/daemon-reload.js")),
  entry("daemon status", () => import("./commands/daemon-status.js")),
  entry("daemon logs", () => import("./commands/daemon-logs.js")),
  entry("daemon run", () => import("./commands/daemon-run.js"), ["daemon serve"]),
  entry("init", () => import("./commands/init.js")),
  entry("config check", () => import("./commands/config-check.js")),
  entry("config schema", () => import("./commands/config-schema.js")),
  entry("doctor", () => import("./commands/doctor.js")),
  entry("rpc", () => import("./commands/rpc.js")),
  entry("mcp", () => import("./commands/mcp.js")),
  entry("help", () => import("./commands/help.js")),
];

/** The command that is called by these words, by its name or an alias. */
export function findCommand(words: string): CommandEntry | undefined {
  return COMMANDS.find(({ name, aliases }) => name === words || aliases.includes(words));
}

function entry(name: string, load: CommandEntry["load"], aliases: readonly string[] = []): CommandEntry {
  return { name, aliases, load };
}
