// Who plays in the soak: each agent's definition, habits, errands that the operator has with it.
import type { AgentDefinition, HearthToml } from "../../protocol/definition.js";

/** What an agent does by itself. Numbers are times a second. */
export interface Habits {
  readonly crash?: number;
  readonly fork?: number;
  /** Asks for a cycle and hands over. */
  readonly cycle?: number;
  /** Asks for a restart. */
  readonly restart?: number;
  /** Leaves a handoff without asking for anything. */
  readonly put?: number;
  /** Prints many lines at once. */
  readonly burst?: number;
  /** Stops beating; one without this habit doesn't beat. */
  readonly hang?: number;
  /** Reads pokes from its standard input. */
  readonly listens?: boolean;
  /** Tells when it is ready, and so takes its handoff. */
  readonly tellsReady?: boolean;
}

/** What the operator does to an agent. */
export type Errand = "cycle" | "restart-request" | "shutdown" | "stop" | "restart" | "poke" | "reset";

export interface Role {
  readonly habits: Habits;
  readonly errands: readonly Errand[];
  readonly definition: Omit<AgentDefinition, "command" | "env">;
  /** Nobody ends a session of this agent but by a lifecycle request, so each end that was asked for has its request. */
  readonly onlyRequests: boolean;
}

export interface Player extends Role {
  readonly name: string;
}

const UNDAUNTED = { policy: "always", max_attempts: 1_000_000, backoff: "0s" } as const;
const STOP = { grace: "1s" } as const;

/** The roles in the order in which they are given out. */
const ROLES: Readonly<Record<string, Role>> = {
  printer: {
    habits: { crash: 0.8, fork: 0.6, burst: 0.5 },
    errands: ["cycle", "restart-request", "shutdown"],
    definition: { restart: UNDAUNTED, stop: STOP },
    onlyRequests: true,
  },
  "town/heir": {
    habits: { crash: 0.4, cycle: 1.2, restart: 0.2, put: 0.8, tellsReady: true },
    errands: ["cycle"],
    definition: { restart: UNDAUNTED, stop: STOP },
    onlyRequests: true,
  },
  terminal: {
    habits: { crash: 0.4, cycle: 0.6, burst: 0.2, fork: 0.3, tellsReady: true },
    errands: ["cycle"],
    definition: { session: "tmux", restart: UNDAUNTED, stop: STOP },
    onlyRequests: true,
  },
  "town/listener": {
    habits: { crash: 0.2, fork: 0.3, burst: 0.2, listens: true },
    errands: ["poke", "poke", "stop"],
    definition: {
      restart: { ...UNDAUNTED, backoff: "20ms" },
      stop: STOP,
      heartbeat: { interval: "250ms", poke: "session", message: "scheduled" },
    },
    onlyRequests: false,
  },
  watched: {
    habits: { crash: 0.1, hang: 0.3, fork: 0.3 },
    errands: ["restart", "restart-request"],
    definition: {
      restart: UNDAUNTED,
      stop: STOP,
      depends_on: ["printer"],
      heartbeat: { interval: "300ms", poke: "rpc", message: "scheduled", when_missed: 3, startup_grace: "3s" },
    },
    onlyRequests: false,
  },
  "town/pane": {
    habits: { crash: 0.2, fork: 0.6 },
    errands: ["stop", "restart"],
    definition: { session: "tmux", restart: UNDAUNTED, stop: STOP },
    onlyRequests: false,
  },
  fragile: {
    habits: { crash: 1.5, fork: 0.3 },
    errands: ["reset", "shutdown"],
    definition: { restart: { max_attempts: 2, window: "3s", backoff: "50ms" }, stop: STOP },
    onlyRequests: false,
  },
};

/** So many agents: each role once, then each once more, and so on. */
export function castOf(count: number): readonly Player[] {
  const roles = Object.entries(ROLES);
  return Array.from({ length: count }, (_, index) => {
    const [name, role] = roles[index % roles.length] ?? unreachable();
    const turn = Math.floor(index / roles.length);
    return { name: turn === 0 ? name : `${name}-${turn + 1}`, ...role };
  });
}

/** The hearth.toml of a cast. Logs are small, so that they are rotated often, and all of them are kept, to be read. */
export function configurationOf(cast: readonly Player[], agent: { command: string[]; env: Record<string, string> }) {
  const define = ({ definition, habits }: Player): AgentDefinition => ({
    ...definition,
    command: agent.command,
    env: { ...agent.env, SOAK_HABITS: JSON.stringify(habits) },
    autostart: true,
  });
  return {
    daemon: { heartbeat_interval: "1s", handoff_timeout: "300ms", log_max_size: "100KB", log_max_files: 1_000 },
    agents: Object.fromEntries(cast.map((player) => [player.name, define(player)])),
  } satisfies HearthToml;
}

function unreachable(): never {
  throw new Error("there is a role for every index");
}
