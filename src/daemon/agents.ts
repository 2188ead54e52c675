// Gives the supervisor its world: sessions, log files, environment, readiness and the journal.
import { readEnvFile } from "../config/env-file.js";
import type { AgentSpec, Config } from "../config/spec.js";
import { agentLogPath, openAgentLog } from "../logs/agent-log.js";
import { createProcessSessions } from "../sessions/process.js";
import { awaitReadiness } from "../sessions/readiness.js";
import type { ProcessIdentity } from "../sessions/session.js";
import type { ProbeTarget } from "../supervisor/agent.js";
import { inheritableEnvironment, type LaunchSources, prepareLaunch } from "../supervisor/launch.js";
import { Supervisor } from "../supervisor/supervisor.js";
import { newToken } from "./access.js";
import { starterSoftLimit } from "./descriptor-limit.js";
import type { Foundation } from "./foundation.js";
import type { Surroundings } from "./surroundings.js";

export function createSupervisor(
  place: Surroundings,
  { clock, store, hub, log, report }: Foundation,
  own: { readonly identity: ProcessIdentity; readonly config: () => Config },
): Supervisor {
  const environment = inheritableEnvironment(process.env);
  const logPath = (agent: string): string => agentLogPath(place.files.agentLogs, agent);
  const sources: LaunchSources = {
    home: place.home,
    socketPath: place.sockets.socket,
    environment,
    newToken,
    readEnvFile,
    async openLog(agent) {
      const { logMaxBytes: maxBytes, logMaxFiles: maxFiles } = own.config();
      const { path, fromByte, rotated } = await openAgentLog({
        directory: place.files.agentLogs,
        agent,
        maxBytes,
        maxFiles,
      });
      if (rotated) hub.publish({ type: "log.rotated", agent, data: { file: path, backup: `${path}.1` } });
      return { file: path, sizeBytes: fromByte };
    },
  };
  const awaitReady = async (spec: AgentSpec, { logFromByte }: ProbeTarget, signal: AbortSignal): Promise<void> => {
    if (spec.ready === null) return;
    const env = { ...environment, ...spec.env };
    await awaitReadiness(spec.ready.condition, {
      logFile: logPath(spec.name),
      logFromByte,
      cwd: spec.cwd,
      env,
      signal,
    });
  };
  return new Supervisor({
    clock,
    random: Math.random,
    store,
    sessions: createProcessSessions({
      home: place.home,
      markDirectory: place.files.started,
      umask: process.umask(),
      softNofile: starterSoftLimit(process.env, process.ppid),
      clock,
    }),
    boot: `${own.identity.boot}:${own.identity.init}`,
    prepare: (spec, incarnation) => prepareLaunch(sources, spec, incarnation),
    awaitReady,
    logFile: logPath,
    announce(event) {
      log.info(event.type, { agent: event.agent, ...event.data });
      hub.publish(event);
    },
    report: (agent, message, error) => report(`${agent}: ${message}`, error),
  });
}
