// `hearth status --watch`: drawn again whenever something changes, until Ctrl-C.
import { setTimeout as delay } from "node:timers/promises";
import { HearthError } from "../../../protocol/errors.js";
import { isGlob, matchGlob } from "../../../protocol/names.js";
import type { Client, EventNotification } from "../../client/client.js";
import type { CallOptions } from "../../client/limit.js";
import { ClientError } from "../../client-error.js";
import { type Context, timeoutOf } from "../context.js";
import { UsageError } from "../usage-error.js";
import type { Subject } from "./command.js";
import { grownOlder, look, renderSeen, type Seen, withUsageOf } from "./look.js";

/** Ages and times to wait are shown in seconds. */
const TICK_MS = 1_000;
/** What happens in a burst is looked at together. */
const BURST_MS = 200;
/** Nothing tells that a process uses more than it did, so it is looked at again after this time. */
const USAGE_EVERY_MS = 5_000;

/** @throws {UsageError} there is no terminal to draw on, or --json asks for one value. */
export function assertWatchable({ stdout, env, output }: Context): void {
  if (output.json) {
    throw new UsageError(
      "--json prints one value, so it cannot watch",
      "run `hearth events -f --json` for each change",
    );
  }
  if (stdout.isTTY !== true || env.TERM === "dumb") {
    const why = stdout.isTTY === true ? "this one cannot be drawn on (TERM=dumb)" : "stdout is none";
    throw new UsageError(`--watch needs a terminal: ${why}`, "run `hearth events -f` for a line at each change");
  }
}

/** Goes on until Ctrl-C; rejects once the daemon is gone for good. */
export async function watchWith(client: Client, context: Context, subject: Subject): Promise<void> {
  const options = { timeoutMs: timeoutOf(context) };
  const changes = new Changes();
  // First of all, so that nothing changes unseen after the first look.
  const following = await changes.follow(client, subject, options);
  let seen = await look(client, subject, { ...options, usage: true });
  // It can start a program, for which Node loads much that `hearth status` has no use for.
  const { Screen } = await import("../screen.js");
  const screen = new Screen(context.stdout);
  const draw = (): void => {
    const now = Date.now();
    const lines = renderSeen(grownOlder(seen, { now }), context.output.wideStyle, { now });
    screen.draw(lines, { more: (hidden) => `... ${hidden} more lines: make the terminal larger` });
  };
  const show = (latest: Seen): void => {
    seen = latest;
    draw();
  };
  const ending = new AbortController();
  screen.open();
  draw();
  context.stdout.on?.("resize", draw);
  const ticking = setInterval(draw, TICK_MS);
  try {
    const looking = { ...options, changes, last: seen, ending: ending.signal };
    await Promise.race([following.ended, keepLooking(client, subject, looking, show)]);
  } finally {
    ending.abort();
    changes.note();
    clearInterval(ticking);
    context.stdout.off?.("resize", draw);
    screen.close();
  }
}

/** Looks again after each change, and at usage from time to time. */
async function keepLooking(
  client: Client,
  subject: Subject,
  looking: CallOptions & { readonly changes: Changes; readonly last: Seen; readonly ending: AbortSignal },
  show: (seen: Seen) => void,
): Promise<void> {
  const { changes, last, ending, ...options } = looking;
  let seen = last;
  let usageAt = seen.at;
  for (;;) {
    await changes.next(usageAt + USAGE_EVERY_MS - Date.now());
    if (ending.aborted) return;
    const usage = Date.now() - usageAt >= USAGE_EVERY_MS;
    if (usage) usageAt = Date.now();
    const latest = await look(client, subject, { ...options, usage }).catch(unlessLeaving);
    if (ending.aborted) return;
    if (latest === null) changes.note();
    else {
      seen = usage ? latest : withUsageOf(latest, seen);
      show(seen);
    }
    await delay(BURST_MS);
  }
}

/** A daemon that goes is looked for again by the subscriptions, which fail when it is gone for good. */
function unlessLeaving(error: unknown): null {
  if (error instanceof ClientError || (error instanceof HearthError && error.kind === "shutting-down")) return null;
  throw error;
}

/** Whether something has changed since it was asked last. */
class Changes {
  #hasChanged = false;
  #wake: () => void = () => {};

  /** Follows events, and the log of an agent that is shown. `ended` rejects when the daemon is gone for good. */
  async follow(client: Client, subject: Subject, options: CallOptions): Promise<{ readonly ended: Promise<unknown> }> {
    const events = await client.subscribe({}, options);
    const isOne = subject.kind === "agent";
    const log = isOne ? await client.followLog({ agent: subject.agent, lines: 0 }, options) : null;
    const streams = [
      this.#read(events, (event) => concerns(event, subject)),
      ...(log === null ? [] : [this.#read(log, () => true)]),
    ];
    const ended = Promise.race(streams);
    // It may end before anybody waits for that.
    ended.catch(() => {});
    return { ended };
  }

  /** Resolves at the next change, at once if there was one, or when so much time has passed. */
  async next(timeoutMs: number): Promise<void> {
    if (!this.#hasChanged) {
      let timer: NodeJS.Timeout | undefined;
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
        timer = setTimeout(resolve, Math.max(0, timeoutMs));
      });
      clearTimeout(timer);
    }
    this.#hasChanged = false;
  }

  /** There is something to look at. */
  note(): void {
    this.#hasChanged = true;
    this.#wake();
  }

  async #read<T>(stream: AsyncIterable<T>, isChange: (item: T) => boolean): Promise<void> {
    for await (const item of stream) {
      if (isChange(item)) this.note();
    }
  }
}

/** Word that events were missed concerns everybody, and so does what happens to the daemon. */
function concerns({ method, params }: EventNotification, subject: Subject): boolean {
  if (method !== "event" || params.agent === undefined) return true;
  const pattern = subject.kind === "agent" ? subject.agent : subject.match;
  if (pattern === undefined) return true;
  return isGlob(pattern) ? matchGlob(pattern, params.agent) : pattern === params.agent;
}
