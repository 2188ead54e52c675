// Keeps agents' logs within their limits: rotated while their sessions write, and put right after a daemon that died.
import type { HearthEvent } from "../../protocol/events.js";
import type { Config } from "../config/spec.js";
import { AgentLogs } from "../logs/agent-logs.js";
import { letGo } from "../sessions/let-go.js";
import { HoldStillError } from "../sessions/session.js";
import { LogSizes } from "../supervisor/log-sizes.js";
import type { Supervisor } from "../supervisor/supervisor.js";
import type { Foundation } from "./foundation.js";
import type { Surroundings } from "./surroundings.js";

export interface LogKeeping {
  readonly agentLogs: AgentLogs;
  readonly logSizes: LogSizes;
  /** Finishes or undoes the rotations that an earlier daemon left; to be awaited before any session is touched. */
  recoverLogs(): Promise<void>;
}

export function createLogKeeping(
  place: Surroundings,
  { clock, report }: Foundation,
  deps: {
    readonly supervisor: () => Supervisor;
    readonly config: () => Config;
    readonly announce: (event: HearthEvent) => void;
  },
): LogKeeping {
  const { supervisor, config, announce } = deps;
  const agentLogs = new AgentLogs({
    directory: place.files.agentLogs,
    limits: () => ({ maxBytes: config().logMaxBytes, maxFiles: config().logMaxFiles }),
  });
  const rotate = async (agent: string): Promise<void> => {
    try {
      const rotated = await agentLogs.of(agent).rotate((pause) => supervisor().get(agent).holdStill(pause));
      if (rotated !== null) announce({ type: "log.rotated", agent, data: rotated });
    } catch (error) {
      // The next session's log is rotated when it begins.
      if (!hasEnded(error)) report(`${agent}: its log could not be rotated`, error);
      throw error;
    }
  };
  const logSizes = new LogSizes({
    clock,
    heartbeatMs: () => config().heartbeatIntervalMs,
    maxBytes: () => config().logMaxBytes,
    running: () => supervisor().ready(),
    sizeOf: (agent) => agentLogs.of(agent).sizeNow() ?? 0,
    rotate,
  });
  return {
    agentLogs,
    logSizes,
    async recoverLogs() {
      const rotated = await agentLogs.recover({ letGo, report });
      for (const { agent, ...data } of rotated) announce({ type: "log.rotated", agent, data });
    },
  };
}

function hasEnded(error: unknown): boolean {
  return error instanceof HoldStillError && error.reason === "ended";
}
