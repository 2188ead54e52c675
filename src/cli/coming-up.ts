// Shows agents come up while a command waits for them; on a terminal only.
import type { Client } from "../client/client.js";
import { type Context, timeoutOf } from "./context.js";
import type { Terminal } from "./output.js";
import { advance, type ComingUp, expected, renderComingUp } from "./render/coming-up.js";

/** How often the time that was waited is brought up to date. */
const TICK_MS = 1_000;

/** Rows that a terminal is taken to have that does not say. */
const ROWS = 24;

/** Does some work, and while it lasts shows what becomes of these agents and of those they need. */
export async function showComingUp<T>(
  context: Context,
  client: Client,
  { names, work }: { readonly names: readonly string[]; readonly work: () => Promise<T> },
): Promise<T> {
  const { output, stdout, env } = context;
  if (output.json || stdout.isTTY !== true || env.TERM === "dumb") return work();
  const lines = new LiveLines(stdout);
  let agents: ComingUp = expected(names, Date.now());
  const draw = (): void => {
    lines.draw(renderComingUp(agents, output.style, { now: Date.now(), rows: (stdout.rows ?? ROWS) - 1 }));
  };
  const events = await client.subscribe({ types: ["agent.*"] }, { timeoutMs: timeoutOf(context) });
  const followed = (async () => {
    for await (const notification of events) {
      if (notification.method === "event") agents = advance(agents, notification.params);
      draw();
    }
  })();
  const ticking = setInterval(draw, TICK_MS);
  try {
    draw();
    return await work();
  } finally {
    clearInterval(ticking);
    await events.close();
    // What became of the work is known by other means.
    await followed.catch(() => {});
    lines.clear();
  }
}

/** Rows of a terminal that are written over again and again. */
class LiveLines {
  readonly #terminal: Terminal;
  #rows = 0;

  constructor(terminal: Terminal) {
    this.#terminal = terminal;
  }

  draw(lines: readonly string[]): void {
    this.#terminal.write(`${this.#back()}${lines.map((line) => `${line}\x1b[K\n`).join("")}\x1b[J`);
    this.#rows = lines.length;
  }

  clear(): void {
    this.#terminal.write(`${this.#back()}\x1b[J`);
    this.#rows = 0;
  }

  #back(): string {
    return this.#rows === 0 ? "" : `\x1b[${this.#rows}F`;
  }
}
