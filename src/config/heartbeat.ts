// Turns an agent's heartbeat table into a policy: how often it is poked, which way, and what the watchdog expects.
import type { AgentDefinition } from "../../protocol/definition.js";
import { parsePokeRoute } from "../../protocol/poke-route.js";
import { flawInStdinText } from "../../protocol/poke-text.js";
import { parseDurationMs } from "../../protocol/units.js";
import type { ConfigFlaw } from "./problem.js";
import type { AgentSpec, HeartbeatPolicy, PokeRoute } from "./spec.js";
import { CommandSyntaxError, splitCommand } from "./split-command.js";

/** What a poke says that nobody gave other words. */
export const DEFAULT_MESSAGE = "Heartbeat: check for new work, then carry on.";
const DEFAULT_STARTUP_GRACE_MS = 5 * 60_000;

type HeartbeatTable = NonNullable<AgentDefinition["heartbeat"]>;

interface HeartbeatDefaults {
  /** What holds for an agent that names no interval of its own, in milliseconds. */
  readonly intervalMs: number;
}

/** Resolves the heartbeat of a definition that has passed its schema; what is wrong is added to `flaws`. */
export function resolveHeartbeat(
  { heartbeat = {}, session }: AgentDefinition,
  defaults: HeartbeatDefaults,
  flaws: ConfigFlaw[],
): HeartbeatPolicy {
  const policy = policyOf(heartbeat, defaults, flaws);
  if (stdinOf({ session: session ?? "process", heartbeat: policy }) === "pokes") checkStdin(policy, flaws);
  return policy;
}

/** What a session of an agent reads from its standard input; a terminal brings pokes and people's typing alike. */
export function stdinOf({ session, heartbeat }: Pick<AgentSpec, "session" | "heartbeat">): "nothing" | "pokes" {
  return session === "process" && heartbeat.poke.kind === "session" ? "pokes" : "nothing";
}

function policyOf(table: HeartbeatTable, { intervalMs }: HeartbeatDefaults, flaws: ConfigFlaw[]): HeartbeatPolicy {
  const { interval, poke, message, when_missed, startup_grace } = table;
  return {
    intervalMs: interval === undefined ? intervalMs : parseDurationMs(interval),
    poke: resolveRoute(poke ?? "none", flaws),
    message: message ?? DEFAULT_MESSAGE,
    whenMissed: when_missed ?? null,
    startupGraceMs: startup_grace === undefined ? DEFAULT_STARTUP_GRACE_MS : parseDurationMs(startup_grace),
  };
}

function resolveRoute(text: string, flaws: ConfigFlaw[]): PokeRoute {
  const route = parsePokeRoute(text);
  if (route.kind !== "command") return route;
  try {
    return { kind: "command", argv: splitCommand(route.command) };
  } catch (error) {
    if (!(error instanceof CommandSyntaxError)) throw error;
    flaws.push({ path: ["heartbeat", "poke"], message: error.message, hint: error.hint });
    return { kind: "none" };
  }
}

function checkStdin({ message }: HeartbeatPolicy, flaws: ConfigFlaw[]): void {
  const why = flawInStdinText(message);
  if (why === null) return;
  flaws.push({ path: ["heartbeat", "message"], message: why, hint: "say it in one line" });
}
