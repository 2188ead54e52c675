// What a command gets to work with: where the daemon is, how long to wait, and where to print.
import { parseDurationMs } from "../../protocol/units.js";
import { type Client, connectAt, type Wake } from "../client/client.js";
import { type DiscoverOptions, discover, type Whereabouts } from "../client/discover.js";
import type { GlobalFlags } from "./flags.js";
import { speaksUnicode } from "./locale.js";
import { Output, type Terminal } from "./output.js";
import { UsageError } from "./usage-error.js";

/** The process a command runs in. */
export interface Surroundings {
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Empty: it was deleted, and its name is not known. */
  readonly cwd: string;
  readonly stdout: Terminal;
  readonly stderr: Terminal;
  /** Opens standard input; the process's own when left out. */
  readonly stdin?: (() => AsyncIterable<Uint8Array>) | undefined;
  /** Path of hearthd; found beside the client when left out. */
  readonly program?: string | undefined;
}

export interface Context extends Surroundings {
  /** Places that were named on the command line. */
  readonly named: Pick<DiscoverOptions, "home" | "descriptor" | "socket">;
  /** Milliseconds from --timeout; null: the command's own default. */
  readonly timeoutMs: number | null;
  readonly output: Output;
  /** The help for a command, for a topic, or for the program when there are no words. */
  readonly explain: (words: readonly string[]) => Promise<string>;
}

/** Default of --timeout, in milliseconds. */
export const TIMEOUT_MS = 30_000;

/** Whether results are shown with colours. */
export function wantsColour(
  { env, stdout }: Pick<Surroundings, "env" | "stdout">,
  { noColour }: { readonly noColour: boolean },
): boolean {
  return stdout.isTTY === true && !noColour && !env.NO_COLOR && env.TERM !== "dumb";
}

/** @throws {UsageError} --timeout is no duration. */
export function createContext(surroundings: Surroundings, flags: GlobalFlags, explain: Context["explain"]): Context {
  const { home, descriptor, socket, json, timeout } = flags;
  const isColourful = wantsColour(surroundings, { noColour: flags["no-color"] });
  return {
    ...surroundings,
    named: { home, descriptor, socket },
    timeoutMs: timeout === undefined ? null : durationOf(timeout),
    output: new Output(surroundings, {
      json,
      isColourful,
      isAscii: !speaksUnicode(surroundings.env, process.platform),
    }),
    explain,
  };
}

/** Where this command's daemon is. */
export function locate({ named, env, cwd }: Context): Whereabouts {
  return discover({ ...named, env, cwd });
}

/** How long a call may take, in milliseconds. */
export function timeoutOf({ timeoutMs }: Context): number {
  return timeoutMs ?? TIMEOUT_MS;
}

/** Loaded when it is needed, since every start of a client would pay for it. */
export const wake: Wake = async (...daemon) => (await import("../client/awaken.js")).awaken(...daemon);

/** Connects, does something and closes, whatever comes of it. */
export async function withClient<T>(context: Context, use: (client: Client) => Promise<T>): Promise<T> {
  const client = await connectAt(locate(context), wake, { timeoutMs: timeoutOf(context) });
  try {
    return await use(client);
  } finally {
    await client.close();
  }
}

function durationOf(text: string): number {
  try {
    return parseDurationMs(text);
  } catch (error) {
    throw new UsageError(
      `--timeout: ${error instanceof Error ? error.message : String(error)}`,
      "write it like `hearth status --timeout 90s`",
    );
  }
}
