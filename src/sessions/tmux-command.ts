// Runs the tmux client against one server's socket, and passes on what tmux has to say about a failure.
import { execFile } from "node:child_process";
import { findProgram } from "./command.js";
import { LaunchError } from "./session.js";

/** The first version that tells by which signal a pane's program was killed. */
const NEEDED = { major: 3, minor: 3 };
/** A server that is stopped or stuck never answers; milliseconds. */
const ANSWERS_WITHIN_MS = 5_000;
const MAX_OUTPUT_BYTES = 16 * 1024 * 1024;

/** A server that has no session left and is about to end says "no current target". */
const NO_SERVER =
  /no server running|no current target|error connecting to .*\((No such file or directory|Connection refused)\)|lost server|server exited/;
const NO_TARGET = /can't find (session|window|pane)/;

/** tmux refused a command; the message is what it wrote on stderr. */
export class TmuxError extends Error {
  override readonly name = "TmuxError";
  /** True when there is no server: never started, ended or killed. */
  readonly noServer: boolean;
  /** True when the session or pane that was meant is not there, with or without a server. */
  readonly noTarget: boolean;

  constructor(
    command: string,
    /** As tmux wrote it, without the line break at its end. */
    readonly stderr: string,
  ) {
    super(`tmux ${command}: ${stderr}`);
    this.noServer = NO_SERVER.test(stderr);
    this.noTarget = this.noServer || NO_TARGET.test(stderr);
  }
}

export interface TmuxClientOptions {
  /** Path of the server's socket. */
  readonly socket: string;
  /** Read by a server when it starts, instead of the user's own configuration. */
  readonly config: string;
  /** Where tmux is looked for, as in PATH. */
  readonly path: string | undefined;
}

/** What is written to a command's standard input. */
export interface TmuxInput {
  readonly input: string;
}

export class TmuxClient {
  readonly #options: TmuxClientOptions;
  #program: string | null = null;

  constructor(options: TmuxClientOptions) {
    this.#options = options;
  }

  /**
   * Runs one or more commands, separated by arguments that are ";", and resolves with their output.
   *
   * @throws TmuxError when tmux refuses or does not answer in time
   * @throws LaunchError when tmux is missing or too old
   */
  async run(args: readonly string[], { input }: TmuxInput = { input: "" }): Promise<string> {
    const { socket, config } = this.#options;
    this.#program ??= await this.#find();
    return this.#execute(this.#program, ["-u", "-S", socket, "-f", config, ...args], { name: args[0] ?? "", input });
  }

  async #find(): Promise<string> {
    const program = this.#search();
    const version = (await this.#execute(program, ["-V"], { name: "-V", input: "" })).trim();
    if (!isRecentEnough(version)) {
      const needed = `${NEEDED.major}.${NEEDED.minor}`;
      throw new LaunchError(`${program} is too old: ${version}; ${needed} or later is needed`, "run: apt install tmux");
    }
    return program;
  }

  #search(): string {
    const { path } = this.#options;
    try {
      return findProgram({ program: "tmux", cwd: "/", path });
    } catch (error) {
      if (!(error instanceof LaunchError)) throw error;
      const hint = 'run: apt install tmux (or take `session = "tmux"` out of the definition)';
      throw new LaunchError(`tmux cannot be used: ${error.message}`, hint);
    }
  }

  #execute(program: string, args: readonly string[], { name, input }: TmuxInput & { name: string }): Promise<string> {
    // The server keeps the environment of the client that starts it and hands it to every session: nothing but PATH.
    const env = this.#options.path === undefined ? {} : { PATH: this.#options.path };
    const limits = { timeout: ANSWERS_WITHIN_MS, killSignal: "SIGKILL", maxBuffer: MAX_OUTPUT_BYTES } as const;
    return new Promise((resolve, reject) => {
      const child = execFile(program, args, { cwd: "/", env, encoding: "utf8", ...limits }, (error, stdout, stderr) => {
        const complaint = stderr.trimEnd();
        // tmux exits with 0 when it cannot create its socket, for one.
        if (error === null && complaint === "") resolve(stdout);
        else reject(new TmuxError(name, complaint || whyOf(error)));
      });
      // A client that ended without reading tells why by its exit.
      child.stdin?.on("error", () => {});
      child.stdin?.end(input);
    });
  }
}

function whyOf(error: (Error & { readonly killed?: boolean | null }) | null): string {
  if (error === null) return "failed without a word";
  return error.killed ? `no answer within ${ANSWERS_WITHIN_MS} ms` : error.message;
}

/** From "tmux 3.3a" or "tmux next-3.5"; a build that names no number of its own, as "tmux master", is taken for recent. */
function isRecentEnough(version: string): boolean {
  const [, major, minor] = /^tmux (?:next-)?(\d+)\.(\d+)/.exec(version) ?? [];
  if (major === undefined || minor === undefined) return true;
  return Number(major) > NEEDED.major || (Number(major) === NEEDED.major && Number(minor) >= NEEDED.minor);
}
