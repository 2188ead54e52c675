// What an agent has written already, as far back as is wanted: in pages of the daemon's, so that a log may be of any size.
import type { Client } from "../../client/client.js";
import { plain } from "../render/text.js";
import { LastFew } from "./last-few.js";
import type { LineFilter } from "./line-filter.js";
import { lineTime } from "./line-time.js";
import { matches } from "./pattern.js";

/** A line of an agent's output. */
export interface LogLine {
  readonly agent: string;
  readonly text: string;
  /** When it was written, as it tells itself, in unix milliseconds; null: it does not. */
  readonly at: number | null;
  /** Puts it among the lines of others: when it or the one before it was written, else the latest time known of its log. */
  readonly order: number;
  /** Nobody knows whether it was written since the moment that was asked for. */
  readonly isVague: boolean;
}

export interface AgentLinesOptions extends LineFilter {
  readonly agent: string;
  /** Of the file that is only its stderr's; its log when left out. */
  readonly stream?: "stderr";
  /** Asked for at once. */
  readonly pageBytes: number;
  readonly timeoutMs: number;
  /** Unix milliseconds. */
  readonly now: number;
  /** A line without end waits for it, since it is followed; otherwise it counts. */
  readonly isFollowed: boolean;
}

type Answer = Awaited<ReturnType<typeof askFor>>;

/** To be read once, in batches; what is told of it beside is known when it has been read. */
export class AgentLines implements AsyncIterable<readonly LogLine[]> {
  /** The file they are in. */
  file = "";
  /** Where what comes next stands. */
  next = "";
  /** Some of the lines are vague. */
  isVague = false;
  /** None of those was written before; null: unknown. */
  notBefore: string | null = null;
  readonly #client: Client;
  readonly #options: AgentLinesOptions;
  /** The time of the latest line that told one. */
  #known: number | null = null;
  #order = 0;

  constructor(client: Client, options: AgentLinesOptions) {
    this.#client = client;
    this.#options = options;
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<readonly LogLine[], void, void> {
    const { lines, sinceMs, pattern } = this.#options;
    if (lines === null) {
      for await (const page of this.#pages()) yield this.#given(page);
      return;
    }
    // The daemon counts, unless some of the lines are not wanted.
    const tail = lines === 0 || (sinceMs === null && pattern === null) ? this.#read(await this.#ask({})) : null;
    if (tail !== null) return yield lines === 0 ? [] : tail;
    const last = new LastFew<LogLine>(lines);
    for await (const page of this.#pages()) last.push(page);
    yield this.#given(last.all());
  }

  #given(lines: readonly LogLine[]): readonly LogLine[] {
    this.isVague ||= lines.some(({ isVague }) => isVague);
    return lines;
  }

  async *#pages(): AsyncGenerator<readonly LogLine[], void, void> {
    const since = new Date(this.#options.sinceMs ?? 0).toISOString();
    let answer = await this.#ask({ since });
    this.notBefore = answer.page.notBefore;
    while (answer.page.more) {
      // Read while this one is shown. When nobody wants it any more, nobody is told that it failed.
      const next = this.#ask({ after: answer.page.next });
      next.catch(() => {});
      yield this.#read(answer);
      answer = await next;
    }
    yield this.#read(answer);
  }

  #ask(page: { readonly since?: string; readonly after?: string }): Promise<Answer> {
    return askFor(this.#client, this.#options, page);
  }

  #read({ lines, file, page }: Answer): LogLine[] {
    const { isFollowed, now, sinceMs } = this.#options;
    this.file = file;
    this.next = page.next;
    // Nothing was added to it since.
    const isOld = sinceMs !== null && Date.parse(page.writtenAt ?? "") < sinceMs;
    const texts = page.unfinished === null || isFollowed || isOld ? lines : [...lines, page.unfinished];
    const times = texts.map((text) => lineTime(text, now));
    // Until a line tells its time, the first that does is as close as one can come.
    const first = times.find((time) => time !== null) ?? Date.parse(page.writtenAt ?? "");
    return texts.flatMap((text, index) => this.#take(text, times[index] ?? null, first || 0));
  }

  #take(text: string, at: number | null, first: number): LogLine[] {
    const { agent, sinceMs, pattern } = this.#options;
    this.#known = at ?? this.#known;
    // The lines of one agent stay in their order, whatever times they tell.
    this.#order = Math.max(this.#order, this.#known ?? first);
    if (sinceMs !== null && this.#known !== null && this.#known < sinceMs) return [];
    if (pattern !== null && !matches(pattern, plain(text))) return [];
    return [{ agent, text, at, order: this.#order, isVague: sinceMs !== null && this.#known === null }];
  }
}

async function askFor(
  client: Client,
  { agent, stream, lines, pageBytes, timeoutMs }: AgentLinesOptions,
  page: { readonly since?: string; readonly after?: string },
) {
  const bounds = { lines: lines ?? 0, ...("since" in page || "after" in page ? { bytes: pageBytes } : {}) };
  const answer = await client.call("agent.logs", { agent, stream, ...bounds, page }, { timeoutMs });
  if (answer.page === undefined) throw new Error("the daemon told nothing of the page that it was asked for");
  return { ...answer, page: answer.page };
}
