// Gives the triggers that restart agents their world: readings of memory, schedules, and watched files.
import { readSchedule } from "../config/cron.js";
import type { AgentSpec, Config } from "../config/spec.js";
import { readMemory } from "../sessions/process-figures.js";
import { UsageReader, type UsageSubject } from "../sessions/usage.js";
import type { RestartCause } from "../supervisor/machine.js";
import { type MeasuredSession, MemoryLimits } from "../supervisor/memory-limits.js";
import type { RequestQueue } from "../supervisor/request-queue.js";
import type { Supervisor } from "../supervisor/supervisor.js";
import { Timetable } from "../supervisor/timetable.js";
import type { Foundation } from "./foundation.js";
import type { Surroundings } from "./surroundings.js";
import { WatchedFiles } from "./watched-files.js";

/** Memory is read at each heartbeat, but this often at least, in milliseconds. */
const MEMORY_EVERY_MS = 30_000;

export interface Triggers {
  /** An agent's state or definition has changed: its triggers are armed while it is up, and only then. */
  changed(agent: string): void;
  /** When its schedule restarts an agent next, in unix milliseconds; null when nothing is to come. */
  nextRestartAt(agent: string): number | null;
  stop(): void;
}

interface Dependencies {
  readonly supervisor: () => Supervisor;
  readonly queue: RequestQueue;
  readonly config: () => Config;
}

export function createTriggers(place: Surroundings, foundation: Foundation, deps: Dependencies): Triggers {
  const { clock, report } = foundation;
  const supervisor = () => deps.supervisor();
  const due = (agent: string, cause: RestartCause, detail: string, incarnation?: number): void => {
    // A request that is being carried out gives the agent a new session, or ends it, in its own way.
    if (deps.queue.isUnderWay(agent)) return;
    supervisor().restartDue(agent, { cause, detail, ...(incarnation === undefined ? {} : { incarnation }) });
  };
  const timetable = new Timetable({
    clock,
    read: readSchedule,
    due: (agent, { schedule }) => due(agent, "cron", schedule),
    report: (agent, error) => report(`${agent}: its schedule can't be kept`, error),
  });
  const limits = new MemoryLimits({
    clock,
    everyMs: () => Math.min(deps.config().heartbeatIntervalMs, MEMORY_EVERY_MS),
    sessionOf: (agent) => sessionOf(supervisor(), agent),
    read: (agents) => readUsedBytes(supervisor(), { home: place.home, agents, now: clock.mono }),
    due: (agent, incarnation, { bytes, maxBytes }) =>
      due(agent, "max-memory", `${megabytes(bytes)} in use, the limit is ${megabytes(maxBytes)}`, incarnation),
    report: (error) => report("the memory of agents could not be read", error),
  });
  const files = new WatchedFiles(place, foundation, {
    startedMono: (agent) => supervisor().find(agent)?.state.startedMono ?? null,
    cwd: (agent) => supervisor().get(agent).spec.cwd,
    due: (agent, detail) => due(agent, "watch", detail),
  });
  let hasStopped = false;
  return {
    changed(agent) {
      if (hasStopped) return;
      const spec = specWhileUp(supervisor(), agent);
      limits.set(agent, spec?.maxMemoryBytes ?? null);
      timetable.set(agent, spec?.cron ?? null);
      files.set(agent, spec?.watch ?? null);
    },
    nextRestartAt: (agent) => timetable.nextAt(agent),
    stop() {
      hasStopped = true;
      limits.stop();
      timetable.stop();
      files.stop();
    },
  };
}

/** Null while the agent is at rest: it was stopped, has given up, or is not there. */
function specWhileUp(supervisor: Supervisor, name: string): AgentSpec | null {
  const agent = supervisor.find(name);
  const status = agent?.state.status ?? "stopped";
  return agent === undefined || status === "stopped" || status === "failed" ? null : agent.spec;
}

function sessionOf(supervisor: Supervisor, agent: string): MeasuredSession | null {
  const state = supervisor.find(agent)?.state;
  if (state?.status !== "running" || state.startedMono === null) return null;
  return { incarnation: state.incarnation, startedMono: state.startedMono };
}

/** Looks at the machine each time: two readings in a row must be two. */
async function readUsedBytes(
  supervisor: Supervisor,
  { home, agents, now }: { readonly home: string; readonly agents: readonly string[]; readonly now: () => number },
): Promise<ReadonlyMap<string, number>> {
  const subjects = agents.flatMap((agent): UsageSubject[] => {
    const { session, incarnation } = supervisor.get(agent).state;
    return session === null ? [] : [{ owner: { home, agent, incarnation }, leader: session.identity }];
  });
  const table = await new UsageReader({ sessions: () => subjects, now, figures: readMemory }).read();
  return new Map(
    subjects.flatMap(({ owner }): [string, number][] => {
      const bytes = table.of(owner)?.memoryBytes ?? null;
      return bytes === null ? [] : [[owner.agent, bytes]];
    }),
  );
}

function megabytes(bytes: number): string {
  return `${(bytes / 1_000_000).toFixed(1)} MB`;
}
