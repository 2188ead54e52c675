// Gives the supervisor its world: sessions, log files, environment, readiness and the journal.
import { dirname } from "node:path";
import type { HearthEvent } from "../../protocol/events.js";
import { readEnvFile } from "../config/env-file.js";
import type { AgentSpec } from "../config/spec.js";
import type { AgentLog } from "../logs/agent-log.js";
import type { AgentLogs } from "../logs/agent-logs.js";
import { onPlatform } from "../on-platform.js";
import { createProcessSessions } from "../sessions/process.js";
import { awaitReadiness } from "../sessions/readiness.js";
import type { AgentIncarnation, ProcessIdentity } from "../sessions/session.js";
import { createTmuxSessions } from "../sessions/tmux.js";
import { createNoTmuxSessions } from "../sessions/tmux-windows.js";
import type { ProbeTarget, SessionOutput } from "../supervisor/agent.js";
import type { Environments } from "../supervisor/environments.js";
import { type LaunchSources, type OpenedFile, prepareLaunch } from "../supervisor/launch.js";
import { Supervisor } from "../supervisor/supervisor.js";
import { newToken } from "./access.js";
import { starterSoftLimit } from "./descriptor-limit.js";
import type { Foundation } from "./foundation.js";
import type { Surroundings } from "./surroundings.js";

/** What else wants to know about agents. */
export interface AgentHooks {
  readonly identity: ProcessIdentity;
  readonly environments: Environments;
  readonly logs: AgentLogs;
  handoffFile(agent: string): Promise<string | null>;
  /** Whether a session is connected, so that it can be told to end. */
  isAttached(session: AgentIncarnation): boolean;
  /** An agent's state has changed. */
  changed(agent: string): void;
  /** An agent's heartbeat has an interval, or no longer. */
  scheduleHeartbeat(agent: string, intervalMs: number | null): void;
  /** In unix milliseconds; null when no schedule restarts the agent. */
  nextRestartAt(agent: string): number | null;
  announce(event: HearthEvent): void;
}

export function createSupervisor(
  place: Surroundings,
  { clock, store, report }: Foundation,
  hooks: AgentHooks,
): Supervisor {
  const { environments, logs, announce } = hooks;
  const stderrFile = ({ name, stderr }: AgentSpec): string | null => {
    if (stderr === null) return null;
    return stderr.kind === "path" ? stderr.path : logs.stderrPath(name);
  };
  const open = async (agent: string, log: AgentLog): Promise<OpenedFile> => {
    const { path, fromByte, rotated } = await log.open();
    if (rotated !== null) announce({ type: "log.rotated", agent, data: rotated });
    return { file: path, sizeBytes: fromByte };
  };
  const sources: LaunchSources = {
    home: place.home,
    socketPath: place.sockets.socket,
    environmentOf: (agent) => environments.of(agent),
    newToken,
    readEnvFile,
    handoffFile: hooks.handoffFile,
    openLog: (agent) => open(agent, logs.of(agent)),
    openStderr: (agent, file) => open(agent, logs.at(file)),
    stderrFile,
  };
  const awaitReady = async (spec: AgentSpec, { output }: ProbeTarget, signal: AbortSignal): Promise<void> => {
    if (spec.ready === null) return;
    const env = { ...environments.of(spec.name), ...spec.env };
    await awaitReadiness(spec.ready.condition, {
      waitForText: (text) => waitForText(placesOf(spec.name, output, logs), text, signal),
      cwd: spec.cwd,
      env,
      signal,
    });
  };
  const createTmux = onPlatform<typeof createTmuxSessions | typeof createNoTmuxSessions>({
    linux: createTmuxSessions,
    windows: createNoTmuxSessions,
    other: createTmuxSessions,
  });
  const limits = { umask: process.umask(), softNofile: starterSoftLimit(process.env, process.ppid) };
  return new Supervisor({
    clock,
    random: Math.random,
    store,
    sessions: {
      process: createProcessSessions({
        home: place.home,
        markDirectory: place.files.started,
        stdinDirectory: place.files.stdin,
        isAttached: hooks.isAttached,
        clock,
        ...limits,
      }),
      tmux: createTmux({
        home: place.home,
        runDirectory: place.files.run,
        socketDirectory: dirname(place.sockets.socket),
        markDirectory: place.files.started,
        path: environments.own.PATH,
        clock,
        ...limits,
      }),
    },
    boot: `${hooks.identity.boot}:${hooks.identity.init}`,
    prepare: (spec, incarnation) => prepareLaunch(sources, spec, incarnation),
    stderrFile,
    awaitReady,
    logFile: (agent) => logs.of(agent).path,
    changed: hooks.changed,
    missed: (agent, incarnation, intervals) =>
      announce({ type: "watchdog.missed", agent, data: { incarnation, intervals } }),
    scheduleHeartbeat: hooks.scheduleHeartbeat,
    nextRestartAt: hooks.nextRestartAt,
    announce,
    report: (agent, message, error) => report(`${agent}: ${message}`, error),
  });
}

/** A place in a log from which something is looked for. */
interface LogPlace {
  readonly log: AgentLog;
  readonly fromByte: number;
}

/** Where the output of a session begins. */
function placesOf(agent: string, { logFromByte, stderr }: SessionOutput, logs: AgentLogs): LogPlace[] {
  const own = { log: logs.of(agent), fromByte: logFromByte };
  return stderr === null ? [own] : [own, { log: logs.at(stderr.file), fromByte: stderr.fromByte }];
}

/** Resolves when the text stands after one of the places. */
async function waitForText(places: readonly LogPlace[], text: string, signal: AbortSignal): Promise<void> {
  const found = new AbortController();
  const either = AbortSignal.any([signal, found.signal]);
  const waits = places.map(({ log, fromByte }) => log.waitForText({ fromByte, text, signal: either }));
  try {
    await Promise.race(waits);
  } finally {
    found.abort();
    await Promise.allSettled(waits);
  }
}
