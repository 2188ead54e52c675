// Keeps agents' logs within their limits: rotated while their sessions write, and put right after a daemon that died.
import { dirname } from "node:path";
import type { HearthEvent } from "../../protocol/events.js";
import type { Config } from "../config/spec.js";
import { AgentLogs, type OwnedLog } from "../logs/agent-logs.js";
import { letGo } from "../sessions/let-go.js";
import { HoldStillError } from "../sessions/session.js";
import { canHoldStill } from "../sessions/ways.js";
import type { Store } from "../storage/store.js";
import { readAgentRecord } from "../supervisor/agent-record.js";
import { LogSizes } from "../supervisor/log-sizes.js";
import type { Supervisor } from "../supervisor/supervisor.js";
import type { Foundation } from "./foundation.js";
import type { Surroundings } from "./surroundings.js";

export interface LogKeeping {
  readonly agentLogs: AgentLogs;
  readonly logSizes: LogSizes;
  /** Paths of the files that an agent's session writes to. */
  logsOf(agent: string): readonly string[];
  /** Finishes or undoes the rotations that an earlier daemon left; to be awaited before any session is touched. */
  recoverLogs(): Promise<void>;
}

const WAITS_FOR_NEXT_START = "a log is over its limit, and is rotated when its agent starts the next time";

export function createLogKeeping(
  place: Surroundings,
  { clock, store, log, report }: Foundation,
  deps: {
    readonly supervisor: () => Supervisor;
    readonly config: () => Config;
    readonly announce: (event: HearthEvent) => void;
  },
): LogKeeping {
  const { supervisor, config, announce } = deps;
  const agentLogs = new AgentLogs({
    directory: place.files.agentLogs,
    now: clock.wall,
    limits: () => ({ maxBytes: config().logMaxBytes, maxFiles: config().logMaxFiles }),
  });
  const logsOf = (agent: string): string[] => {
    const stderr = supervisor().find(agent)?.stderrFile ?? null;
    return [agentLogs.of(agent).path, ...(stderr === null ? [] : [stderr])];
  };
  /** By log, the incarnation it was told of that it writes too much. */
  const told = new Map<string, number>();
  const refuse = (agent: string, path: string): HoldStillError => {
    const { incarnation } = supervisor().get(agent).state;
    if (told.get(path) !== incarnation) log.warn(WAITS_FOR_NEXT_START, { agent, path });
    told.set(path, incarnation);
    return new HoldStillError("refused", "what writes to it can't be held still on this system");
  };
  const rotate = async (path: string): Promise<void> => {
    const agent = [...supervisor().ready()].find((each) => logsOf(each).includes(path));
    if (agent === undefined) return;
    if (!canHoldStill) throw refuse(agent, path);
    try {
      const rotated = await agentLogs.at(path).rotate((pause) => supervisor().get(agent).holdStill(pause));
      if (rotated !== null) announce({ type: "log.rotated", agent, data: rotated });
    } catch (error) {
      // The next session's log is rotated when it begins.
      if (!hasEnded(error)) report(`${agent}: its log ${path} could not be rotated`, error);
      throw error;
    }
  };
  const logSizes = new LogSizes({
    clock,
    heartbeatMs: () => config().heartbeatIntervalMs,
    maxBytes: () => config().logMaxBytes,
    *written() {
      for (const agent of supervisor().ready()) yield* logsOf(agent);
    },
    sizeOf: (path) => agentLogs.at(path).sizeNow() ?? 0,
    rotate,
  });
  return {
    agentLogs,
    logSizes,
    logsOf,
    async recoverLogs() {
      const elsewhere = recordedStderr(store).filter(({ path }) => dirname(path) !== place.files.agentLogs);
      const rotated = await agentLogs.recover({ elsewhere, letGo, report });
      for (const { agent, ...data } of rotated) announce({ type: "log.rotated", agent, data });
    },
  };
}

/** Where agents' sessions wrote their stderr to, as an earlier daemon recorded it. */
function recordedStderr(store: Store): OwnedLog[] {
  return [...store.entries("agent")].flatMap(([agent, value]) => {
    const path = readAgentRecord(value)?.stderr?.file;
    return path === undefined ? [] : [{ agent, path }];
  });
}

function hasEnded(error: unknown): boolean {
  return error instanceof HoldStillError && error.reason === "ended";
}
