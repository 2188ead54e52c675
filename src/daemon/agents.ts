// Gives the supervisor its world: sessions, log files, environment, readiness and the journal.
import { dirname } from "node:path";
import type { HearthEvent } from "../../protocol/events.js";
import { readEnvFile } from "../config/env-file.js";
import type { AgentSpec } from "../config/spec.js";
import type { AgentLogs } from "../logs/agent-logs.js";
import { createProcessSessions } from "../sessions/process.js";
import { awaitReadiness } from "../sessions/readiness.js";
import type { ProcessIdentity } from "../sessions/session.js";
import { createTmuxSessions } from "../sessions/tmux.js";
import type { ProbeTarget } from "../supervisor/agent.js";
import { type LaunchSources, prepareLaunch } from "../supervisor/launch.js";
import { Supervisor } from "../supervisor/supervisor.js";
import { newToken } from "./access.js";
import { starterSoftLimit } from "./descriptor-limit.js";
import type { Foundation } from "./foundation.js";
import type { Surroundings } from "./surroundings.js";

/** What else wants to know about agents. */
export interface AgentHooks {
  readonly identity: ProcessIdentity;
  /** What every agent's environment starts from. */
  readonly environment: Readonly<Record<string, string>>;
  readonly logs: AgentLogs;
  handoffFile(agent: string): string | null;
  /** An agent's state has changed. */
  changed(agent: string): void;
  /** An agent's heartbeat has an interval, or no longer. */
  scheduleHeartbeat(agent: string, intervalMs: number | null): void;
  announce(event: HearthEvent): void;
}

export function createSupervisor(
  place: Surroundings,
  { clock, store, report }: Foundation,
  hooks: AgentHooks,
): Supervisor {
  const { environment, logs, announce } = hooks;
  const sources: LaunchSources = {
    home: place.home,
    socketPath: place.sockets.socket,
    environment,
    newToken,
    readEnvFile,
    handoffFile: hooks.handoffFile,
    async openLog(agent) {
      const { path, fromByte, rotated } = await logs.of(agent).open();
      if (rotated !== null) announce({ type: "log.rotated", agent, data: rotated });
      return { file: path, sizeBytes: fromByte };
    },
  };
  const awaitReady = async (spec: AgentSpec, { logFromByte }: ProbeTarget, signal: AbortSignal): Promise<void> => {
    if (spec.ready === null) return;
    const env = { ...environment, ...spec.env };
    await awaitReadiness(spec.ready.condition, {
      waitForText: (text) => logs.of(spec.name).waitForText({ fromByte: logFromByte, text, signal }),
      cwd: spec.cwd,
      env,
      signal,
    });
  };
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
        clock,
        ...limits,
      }),
      tmux: createTmuxSessions({
        home: place.home,
        runDirectory: place.files.run,
        socketDirectory: dirname(place.sockets.socket),
        markDirectory: place.files.started,
        path: environment.PATH,
        clock,
        ...limits,
      }),
    },
    boot: `${hooks.identity.boot}:${hooks.identity.init}`,
    prepare: (spec, incarnation) => prepareLaunch(sources, spec, incarnation),
    awaitReady,
    logFile: (agent) => logs.of(agent).path,
    changed: hooks.changed,
    missed: (agent, incarnation, intervals) =>
      announce({ type: "watchdog.missed", agent, data: { incarnation, intervals } }),
    scheduleHeartbeat: hooks.scheduleHeartbeat,
    announce,
    report: (agent, message, error) => report(`${agent}: ${message}`, error),
  });
}
