// The table of commands: their words, grouped as help shows them, with the code behind each loaded on demand.
import type { Command } from "./command.js";

/** One row. */
export interface CommandEntry {
  readonly name: string;
  readonly aliases: readonly string[];
  readonly load: () => Promise<{ readonly command: Command }>;
}

/** Commands that serve one purpose. */
export interface CommandGroup {
  readonly title: string;
  readonly commands: readonly CommandEntry[];
}

/** Every command, by what one wants to do. */
export const COMMAND_GROUPS: readonly CommandGroup[] = [
  {
    title: "The first minute",
    commands: [
      entry("init", () => import("./commands/init.js")),
      entry("config check", () => import("./commands/config-check.js")),
      entry("config schema", () => import("./commands/config-schema.js")),
      entry("start", () => import("./commands/start.js")),
      entry("status", () => import("./commands/status.js"), ["ls"]),
    ],
  },
  {
    title: "Agents",
    commands: [
      entry("stop", () => import("./commands/stop.js")),
      entry("restart", () => import("./commands/restart.js")),
      entry("cycle", () => import("./commands/cycle.js")),
      entry("shutdown", () => import("./commands/shutdown.js")),
      entry("requests", () => import("./commands/requests.js")),
      entry("poke", () => import("./commands/poke.js")),
      entry("signal", () => import("./commands/signal.js")),
      entry("reset", () => import("./commands/reset.js")),
      entry("run", () => import("./commands/run.js")),
      entry("remove", () => import("./commands/remove.js")),
    ],
  },
  {
    title: "From inside an agent",
    commands: [
      entry("ready", () => import("./commands/ready.js")),
      entry("beat", () => import("./commands/beat.js")),
      entry("handoff get", () => import("./commands/handoff-get.js")),
      entry("handoff put", () => import("./commands/handoff-put.js")),
    ],
  },
  {
    title: "Watching",
    commands: [
      entry("top", () => import("./commands/top.js")),
      entry("logs", () => import("./commands/logs.js")),
      entry("events", () => import("./commands/events.js")),
      entry("attach", () => import("./commands/attach.js")),
      entry("capture", () => import("./commands/capture.js")),
    ],
  },
  {
    title: "The daemon",
    commands: [
      entry("daemon start", () => import("./commands/daemon-start.js")),
      entry("daemon stop", () => import("./commands/daemon-stop.js")),
      entry("daemon restart", () => import("./commands/daemon-restart.js")),
      entry("daemon reload", () => import("./commands/daemon-reload.js")),
      entry("daemon status", () => import("./commands/daemon-status.js")),
      entry("daemon logs", () => import("./commands/daemon-logs.js")),
      entry("daemon run", () => import("./commands/daemon-run.js"), ["daemon serve"]),
      entry("service install", () => import("./commands/service-install.js")),
      entry("service uninstall", () => import("./commands/service-uninstall.js")),
      entry("service status", () => import("./commands/service-status.js")),
      entry("mcp", () => import("./commands/mcp.js")),
      entry("rpc", () => import("./commands/rpc.js")),
    ],
  },
  {
    title: "When in doubt",
    commands: [
      entry("doctor", () => import("./commands/doctor.js")),
      entry("help", () => import("./commands/help.js")),
      entry("completion", () => import("./commands/completion.js")),
    ],
  },
];

/** Every command, in the order help shows them. A test holds names and aliases to the definitions themselves. */
export const COMMANDS: readonly CommandEntry[] = COMMAND_GROUPS.flatMap(({ commands }) => commands);

/** The command that is called by these words, by its name or an alias. */
export function findCommand(words: string): CommandEntry | undefined {
  return COMMANDS.find(({ name, aliases }) => name === words || aliases.includes(words));
}

function entry(name: string, load: CommandEntry["load"], aliases: readonly string[] = []): CommandEntry {
  return { name, aliases, load };
}
