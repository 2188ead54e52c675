// The process as the methods see it: its status, its end, its successor, its configuration.
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import type { DaemonControl } from "../methods/services.js";
import type { Connections } from "../server/server.js";
import type { ProcessIdentity } from "../sessions/session.js";
import type { Heartbeat } from "../supervisor/heartbeat.js";
import type { Supervisor } from "../supervisor/supervisor.js";
import { authenticator } from "./access.js";
import type { Definitions } from "./definitions.js";
import { ownExecutable } from "./executable.js";
import { EXIT } from "./failure.js";
import type { Foundation } from "./foundation.js";
import type { Ending } from "./lifetime.js";
import { daemonStatus } from "./status.js";
import { assertStarts, spawnSuccessor } from "./succession.js";
import type { Surroundings } from "./surroundings.js";

export interface ControlParts {
  readonly place: Surroundings;
  readonly foundation: Foundation;
  readonly supervisor: Supervisor;
  readonly definitions: Definitions;
  readonly connections: Connections;
  readonly heartbeat: Heartbeat;
  readonly instanceId: string;
  readonly identity: ProcessIdentity;
  /** The operator's. */
  readonly token: string;
  /** This daemon's own socket, which its successor watches. */
  readonly ownSocketPath: string;
  readonly detached: boolean;
  end(ending: Ending): void;
}

export function createControl(parts: ControlParts): DaemonControl {
  const { place, foundation, supervisor, definitions, connections, heartbeat, instanceId, end } = parts;
  const { clock, hub, log, health } = foundation;
  const began = { wall: clock.wall(), mono: clock.mono() };
  const executable = ownExecutable(process.argv[1] ?? "");
  return {
    authenticate: authenticator(parts.token, supervisor),
    status: () =>
      daemonStatus({
        instanceId,
        startedAt: began.wall,
        uptimeMs: clock.mono() - began.mono,
        executableIsNewer: executable.isReplaced(),
        home: place.home,
        socketPath: place.sockets.socket,
        logFile: place.files.daemonLog,
        healthReasons: health.reasons,
        heartbeat: { intervalMs: definitions.config.heartbeatIntervalMs, ...heartbeat.counters },
        agents: supervisor.states(),
        connections: connections.peers.size,
      }),
    shutDown: ({ reason, keepAgents }) => end({ reason, keepAgents, exitCode: EXIT.done }),
    async prepareSuccession() {
      const args = process.argv.slice(2);
      await assertStarts(executable.path, args);
      return () => {
        const reason = "daemon.restart was called";
        // In the foreground whoever started this process starts it again, in the same terminal or service.
        if (!parts.detached) return end({ reason, keepAgents: true, exitCode: EXIT.restart });
        spawnSuccessor(executable.path, args, { socketPath: parts.ownSocketPath, identity: parts.identity });
        return end({ reason, keepAgents: true, exitCode: EXIT.done });
      };
    },
    async reload() {
      const outcome = await definitions.reload();
      log.info("the configuration was read again", outcome);
      hub.publish({ type: "daemon.reloaded", agent: null, data: outcome });
      return outcome;
    },
    async discover() {
      return JSON.parse(await readFile(join(__dirname, "openrpc.json"), "utf8")) as Record<string, unknown>;
    },
  };
}
