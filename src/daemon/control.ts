// The process as the methods see it: its status, its end, its successor, its configuration.
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import type { DaemonControl } from "../methods/services.js";
import type { LimitsInForce } from "../server/limits.js";
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
import type { Leadership } from "./lock.js";
import { daemonStatus } from "./status.js";
import { assertStarts, prepareSuccessor } from "./succession.js";
import type { Surroundings } from "./surroundings.js";

export interface ControlParts {
  readonly place: Surroundings;
  readonly foundation: Foundation;
  readonly supervisor: Supervisor;
  readonly definitions: Definitions;
  readonly connections: Connections;
  readonly limits: LimitsInForce;
  readonly heartbeat: Heartbeat;
  readonly instanceId: string;
  readonly identity: ProcessIdentity;
  /** The operator's. */
  readonly token: string;
  readonly leadership: Leadership;
  readonly detached: boolean;
  /** False when the daemon is ending for another reason already. */
  end(ending: Ending): boolean;
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
    shutDown: ({ reason, keepAgents }) => void end({ reason, keepAgents, exitCode: EXIT.done }),
    async prepareSuccession() {
      const { path } = executable;
      const args = process.argv.slice(2);
      const leave = (exitCode: number): boolean =>
        end({ reason: "daemon.restart was called", keepAgents: true, exitCode });
      if (!parts.detached) {
        await assertStarts(path, args);
        // In the foreground whoever started this process starts it again, in the same terminal or service.
        return () => void leave(EXIT.restart);
      }
      const self = { socketPath: parts.leadership.socketPath, identity: parts.identity };
      const successor = await prepareSuccessor(path, args, self);
      return () => {
        if (leave(EXIT.done)) successor.release();
      };
    },
    async reload() {
      const outcome = await definitions.reload();
      parts.limits.current = definitions.config.limits;
      log.info("the configuration was read again", outcome);
      hub.publish({ type: "daemon.reloaded", agent: null, data: outcome });
      return outcome;
    },
    async discover() {
      return JSON.parse(await readFile(join(__dirname, "openrpc.json"), "utf8")) as Record<string, unknown>;
    },
  };
}
