// Puts together what a new session of an agent is started with: environment, token, log file.
import { stdinOf } from "../config/heartbeat.js";
import type { AgentSpec } from "../config/spec.js";
import { LaunchError } from "../sessions/session.js";
import { hashToken } from "../sessions/token.js";
import type { PreparedLaunch, StderrOutput } from "./agent.js";
import { isFullDisk } from "./on-disk.js";
import { assertCanBeAppendedTo } from "./stderr-file.js";

export interface LaunchSources {
  readonly home: string;
  readonly socketPath: string;
  /** What an agent's environment starts from; see `inheritableEnvironment`. */
  environmentOf(agent: string): Readonly<Record<string, string>>;
  /** A fresh secret for one session. */
  readonly newToken: () => string;
  /** Opens (and, when it is over its limit, rotates) an agent's log. */
  openLog(agent: string): Promise<OpenedFile>;
  /** The same for the file of its stderr. */
  openStderr(agent: string, file: string): Promise<OpenedFile>;
  /** Where an agent's stderr goes; null: to its log. */
  stderrFile(spec: AgentSpec): string | null;
  readEnvFile(path: string): Promise<Readonly<Record<string, string>>>;
  /** The file of a handoff that waits for the next session, if one does. */
  handoffFile(agent: string): Promise<string | null>;
}

/** A file that is ready to be appended to. */
export interface OpenedFile {
  readonly file: string;
  readonly sizeBytes: number;
}

/** Variables that speak to the daemon alone: its own identity, its service manager's, its parent Node's. */
const DAEMON_ONLY = /^(HEARTH_|HEARTHD_|LISTEN_|NOTIFY_SOCKET$|WATCHDOG_|NODE_CHANNEL_|INVOCATION_ID$|JOURNAL_STREAM$)/;

/** Variables that tell of the shell and the terminal they come from, perhaps another agent's, where no agent runs. */
const OF_A_SHELL = /^(PWD|OLDPWD|SHLVL|_|TMUX|TMUX_PANE|STY|WINDOW)$/;

/** An environment without what must not reach an agent. */
export function inheritableEnvironment(own: NodeJS.ProcessEnv): Readonly<Record<string, string>> {
  const isKept = (name: string): boolean => !DAEMON_ONLY.test(name) && !OF_A_SHELL.test(name);
  const kept = Object.entries(own).filter(([name, value]) => value !== undefined && isKept(name));
  return Object.fromEntries(kept) as Record<string, string>;
}

/** @throws LaunchError when the agent's env_file cannot be read, or its stderr file cannot be written */
export async function prepareLaunch(
  sources: LaunchSources,
  spec: AgentSpec,
  incarnation: number,
): Promise<PreparedLaunch> {
  const token = sources.newToken();
  const fromFile = spec.envFile === null ? {} : await readEnvFile(sources, spec.envFile);
  const log = await sources.openLog(spec.name);
  const stderr = await openStderr(sources, spec);
  const handoff = await sources.handoffFile(spec.name);
  const env = {
    ...sources.environmentOf(spec.name),
    ...fromFile,
    ...spec.env,
    HEARTH_HOME: sources.home,
    HEARTH_SOCKET: sources.socketPath,
    HEARTH_AGENT: spec.name,
    HEARTH_INCARNATION: String(incarnation),
    HEARTH_TOKEN: token,
    ...(handoff === null ? {} : { HEARTH_HANDOFF_FILE: handoff }),
  };
  const launch = {
    agent: spec.name,
    incarnation,
    command: spec.command,
    cwd: spec.cwd,
    env,
    logFile: log.file,
    stderrFile: stderr?.file ?? null,
    umask: spec.umask,
    nice: spec.nice,
    tokenHash: hashToken(token),
    stdin: stdinOf(spec),
  } as const;
  return { launch, output: { logFromByte: log.sizeBytes, stderr } };
}

async function openStderr(sources: LaunchSources, spec: AgentSpec): Promise<StderrOutput | null> {
  const path = sources.stderrFile(spec);
  if (path === null) return null;
  if (spec.stderr?.kind === "path") assertCanBeAppendedTo(path);
  try {
    const { file, sizeBytes } = await sources.openStderr(spec.name, path);
    return { file, fromByte: sizeBytes };
  } catch (error) {
    if (isFullDisk(error) || spec.stderr?.kind !== "path") throw error;
    const why = error instanceof Error ? error.message : String(error);
    throw new LaunchError(`stderr: ${why}`, "name a file that the daemon's user may write");
  }
}

async function readEnvFile(sources: LaunchSources, path: string): Promise<Readonly<Record<string, string>>> {
  try {
    return await sources.readEnvFile(path);
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new LaunchError(`env_file: ${why}`, "mend the file or take env_file out of the agent's definition");
  }
}
