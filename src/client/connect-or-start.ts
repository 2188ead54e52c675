// The library's way in: connects to the daemon, and starts it first where that is asked for.
import { cancelled } from "../../protocol/errors.js";
import { awaken } from "./awaken.js";
import { type Client, type ConnectOptions, connectAt } from "./client.js";
import { discover } from "./discover.js";
import { launch } from "./launch.js";

export interface ConnectOrStartOptions extends ConnectOptions {
  /** Starts the daemon when none runs. One that goes away later is only looked for: whoever ended it meant to. */
  readonly autostart?: boolean | undefined;
}

/** How long a daemon may take to answer when `timeoutMs` does not say, in milliseconds. */
const LAUNCH_TIMEOUT_MS = 60_000;

/**
 * Finds the daemon and connects. Attaching is under way when this resolves: the first calls leave in the same write, and
 * a token that is refused makes them fail with `bad-token`.
 * @throws {ClientError} `offline` at once when there is no daemon; with `autostart` what `launch` throws.
 * @throws {HearthError} `cancelled` by the signal.
 * @throws {TrustError} {PathError} the home cannot be used; both are ClientErrors.
 */
export async function connectOrStart({ autostart = false, ...options }: ConnectOrStartOptions = {}): Promise<Client> {
  if (options.signal?.aborted) throw cancelled();
  if (autostart) await start(options);
  return connectAt(discover(options), awaken, options);
}

async function start(options: ConnectOptions): Promise<void> {
  const { timeoutMs = LAUNCH_TIMEOUT_MS, signal } = options;
  await launch({ whereabouts: discover(options), named: options, timeoutMs, signal });
}
