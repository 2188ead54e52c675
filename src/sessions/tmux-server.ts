// The home's own tmux server: its configuration, its sessions, its panes.
import { once } from "node:events";
import { existsSync, mkdirSync, rmSync, writeFileSync } from "node:fs";
import { connect } from "node:net";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { hasCode } from "../errno.js";
import { readIdentity, signalProcess } from "./identity.js";
import type { ProcessIdentity } from "./session.js";
import { TmuxClient, TmuxError } from "./tmux-command.js";
import { fromShellWord, shellWord } from "./tmux-shell-word.js";

/** Size of a terminal nobody has looked at yet, in cells. */
const WIDTH = 200;
const HEIGHT = 50;

/** A server that has just lost its last session refuses new ones until it has ended. */
const START_TRIES = 10;
const START_RETRY_MS = 50;

/** A server that has lost its last session ends within a moment. */
const END_LOOKS = 50;
const END_LOOK_EVERY_MS = 10;

export interface TmuxServerOptions {
  /** Directory of the socket, `tmux.sock`; short enough for a socket's path. */
  readonly socketDirectory: string;
  /** Directory of the configuration and of the file that tells of deaths. Created when missing. */
  readonly runDirectory: string;
  /** PATH in which tmux is looked for. */
  readonly path: string | undefined;
}

export interface NewTmuxSession {
  readonly name: string;
  readonly incarnation: number;
  /** What the pane runs; shown by ps, so nothing secret. */
  readonly command: readonly string[];
  /** Everything the pane shows is appended to it. */
  readonly logFile: string;
}

/** A pane as the server lists it. */
export interface Pane {
  /** The server's own process. */
  readonly serverPid: number;
  readonly session: string;
  /** Null when it is none of our sessions. */
  readonly incarnation: number | null;
  /** As "%3"; unique as long as the server lives. */
  readonly id: string;
  readonly pid: number;
  /** How its program ended; null while it runs. */
  readonly death: PaneDeath | null;
}

export interface PaneDeath {
  readonly code: number | null;
  /** The signal's number. */
  readonly signal: number | null;
  /** Unix seconds. */
  readonly atSeconds: number;
}

/** Where a session's output goes. */
export interface LogPipe {
  readonly serverPid: number;
  readonly logFile: string;
}

const PANE_FIELDS = [
  "pid",
  "session_name",
  "@hearth-incarnation",
  "pane_id",
  "pane_pid",
  "pane_dead",
  "pane_dead_status",
  "pane_dead_signal",
  "pane_dead_time",
] as const;
const PANE_FORMAT = PANE_FIELDS.map((field) => `#{${field}}`).join(",");

export class TmuxServer {
  readonly client: TmuxClient;
  readonly socket: string;
  /** Rewritten by the server whenever a pane's program ends or a pane or session is taken away. */
  readonly noticeFile: string;
  #pendingPanes: Promise<readonly Pane[]> | null = null;
  /** Null until a pane was seen. */
  #process: ProcessIdentity | null = null;

  /** Starts nothing; the server comes with its first session and goes with its last. */
  constructor({ socketDirectory, runDirectory, path }: TmuxServerOptions) {
    const config = join(runDirectory, "tmux.conf");
    this.socket = join(socketDirectory, "tmux.sock");
    this.noticeFile = join(runDirectory, "tmux.notice");
    this.client = new TmuxClient({ socket: this.socket, config, path });
    mkdirSync(runDirectory, { recursive: true, mode: 0o700 });
    writeFileSync(this.noticeFile, "", { mode: 0o600 });
    writeFileSync(config, configuration(this.noticeFile), { mode: 0o600 });
  }

  /**
   * Creates a session of one pane.
   *
   * @throws TmuxError, for one when the name is taken
   */
  async create(session: NewTmuxSession): Promise<Pane> {
    for (let tries = 1; ; tries++) {
      try {
        return await this.#seen(onlyPane(await this.client.run(creation(session))));
      } catch (error) {
        if (!(error instanceof TmuxError && error.noServer) || tries === START_TRIES) throw error;
        await sleep(START_RETRY_MS);
      }
    }
  }

  /** False when there can be no server; true tells little, since one that was killed leaves its socket. */
  get mayRun(): boolean {
    return existsSync(this.socket);
  }

  /** Every pane of every session, read after the call; none without a server. All who ask in one turn share one reading. */
  panes(): Promise<readonly Pane[]> {
    this.#pendingPanes ??= this.#readPanes();
    return this.#pendingPanes;
  }

  /**
   * What `create` was told to do with the session's output.
   *
   * @throws TmuxError, for one when there is no such session
   */
  async pipeOf(name: string): Promise<LogPipe> {
    const told = await this.client.run(["display-message", "-p", "-t", exactly(name), "#{pid} #{@hearth-log}"]);
    const [, serverPid, word = ""] = /^(\d+) (.*)\n$/s.exec(told) ?? [];
    return { serverPid: Number(serverPid), logFile: fromShellWord(word) };
  }

  /** Ends a session, provided it is still that of this incarnation. */
  async remove(name: string, incarnation: number | null): Promise<void> {
    const isOurs = `#{==:#{@hearth-incarnation},${incarnation ?? ""}}`;
    try {
      await this.client.run(["if-shell", "-F", "-t", exactly(name), isOurs, `kill-session -t ${exactly(name)}`]);
    } catch (error) {
      if (!(error instanceof TmuxError && error.noTarget)) throw error;
    }
  }

  /** Waits for the end of a server that has no session left, which itself leaves its socket behind. */
  async removeSocketOfNone(): Promise<void> {
    for (let looks = 1; existsSync(this.socket); looks++) {
      if (await this.#isGone()) return this.#removeFiles();
      if (looks === END_LOOKS || (await this.panes()).length > 0) return;
      await sleep(END_LOOK_EVERY_MS);
    }
  }

  /** Two clients that start a server at the same moment leave the file over which they agreed who does. */
  #removeFiles(): void {
    for (const file of [this.socket, `${this.socket}.lock`]) rmSync(file, { force: true });
  }

  /** Ends a server whose socket was deleted: it can't be asked to, and keeps what ended in it for ever. */
  async endUnreachable(): Promise<void> {
    if (this.#process !== null && !existsSync(this.socket)) await signalProcess(this.#process, "SIGTERM");
  }

  async #seen(pane: Pane): Promise<Pane> {
    if (this.#process?.pid !== pane.serverPid) this.#process = await readIdentity(pane.serverPid);
    return pane;
  }

  /** Only a socket that nobody listens on refuses; this asks no tmux, so a machine without one can be tidied too. */
  async #isGone(): Promise<boolean> {
    const connection = connect(this.socket);
    try {
      await once(connection, "connect");
      return false;
    } catch (error) {
      return hasCode(error, "ECONNREFUSED", "ENOENT");
    } finally {
      connection.destroy();
    }
  }

  async #readPanes(): Promise<readonly Pane[]> {
    await new Promise((resolve) => setImmediate(resolve));
    this.#pendingPanes = null;
    try {
      const panes = parsePanes(await this.client.run(["list-panes", "-a", "-F", PANE_FORMAT]));
      for (const pane of panes.slice(0, 1)) await this.#seen(pane);
      return panes;
    } catch (error) {
      if (error instanceof TmuxError && error.noServer) return [];
      throw error;
    }
  }
}

/** Names exactly this session: `-t may` would match `mayor`. */
function exactly(name: string): string {
  return `=${name}:`;
}

/** One command list, so that no session is ever seen without its incarnation and its log. */
function creation({ name, incarnation, command, logFile }: NewTmuxSession): readonly string[] {
  const size = ["-x", String(WIDTH), "-y", String(HEIGHT)];
  const target = ["-t", exactly(name)];
  return [
    ...["new-session", "-d", "-P", "-F", PANE_FORMAT, "-s", name, "-n", name, ...size, ...command, ";"],
    ...["set-option", ...target, "@hearth-incarnation", String(incarnation), ";"],
    ...["set-option", ...target, "@hearth-log", shellWord(logFile), ";"],
    // By way of an option, because pipe-pane expands formats and dates in what it is given, but not in their values.
    ...["pipe-pane", ...target, "exec cat >>#{@hearth-log}"],
  ];
}

/** The notice's path goes by way of an option too: once quoted for the shell, once for this file. */
function configuration(noticeFile: string): string {
  return `set-option -s exit-empty on
set-option -wg remain-on-exit on
set-option -wg automatic-rename off
set-option -wg allow-rename off
set-option -g default-shell /bin/sh
set-option -g default-terminal screen-256color
set-option -g update-environment ""
set-option -g @hearth-notice ${shellWord(shellWord(noticeFile))}
${["pane-died", "session-closed", "after-kill-pane"].map(noticeHook).join("\n")}
`;
}

function noticeHook(hook: string): string {
  return `set-hook -g ${hook} "run-shell -b 'echo ${hook} >#{@hearth-notice}'"`;
}

function onlyPane(listing: string): Pane {
  const [pane] = parsePanes(listing);
  if (pane === undefined) throw new TmuxError("new-session", "it did not tell what it created");
  return pane;
}

function parsePanes(listing: string): Pane[] {
  return listing
    .split("\n")
    .map((line) => line.split(","))
    .filter((fields) => fields.length === PANE_FIELDS.length)
    .map(parsePane);
}

function parsePane(fields: readonly string[]): Pane {
  const [serverPid, session = "", incarnation, id = "", pid, dead, code, signal, atSeconds] = fields;
  const death = { code: numberOrNull(code), signal: numberOrNull(signal), atSeconds: Number(atSeconds) };
  return {
    serverPid: Number(serverPid),
    session,
    incarnation: numberOrNull(incarnation),
    id,
    pid: Number(pid),
    death: dead === "1" ? death : null,
  };
}

function numberOrNull(text: string | undefined): number | null {
  return text ? Number(text) : null;
}
