// agent.logs page by page, in the words of the protocol.
import { formatLogPlace, parseLogPlace } from "../../protocol/log-place.js";
import type { CheckedParams, Result } from "../../protocol/methods.js";
import type { PageWish } from "../logs/log.js";
import type { ReadableLogs } from "./services.js";

type Wish = NonNullable<CheckedParams<"agent.logs">["page"]>;

interface Bounds {
  readonly lines: number;
  readonly maxBytes: number;
}

/** Reads one page of a log. Rejects with the system's error. */
export async function readPage(
  logs: ReadableLogs,
  name: string,
  wish: Wish & Bounds,
): Promise<Pick<Result<"agent.logs">, "lines" | "page">> {
  const { lines, end, more, unfinished, fromMs, writtenMs } = await logs.page(name, pageWish(wish));
  const page = { next: formatLogPlace(end), more, unfinished, notBefore: moment(fromMs), writtenAt: moment(writtenMs) };
  return { lines: [...lines], page };
}

function pageWish({ after, since, lines, maxBytes }: Wish & Bounds): PageWish {
  if (after !== undefined) return { after: parseLogPlace(after), maxBytes };
  return since === undefined ? { lines, maxBytes } : { sinceMs: Date.parse(since), maxBytes };
}

function moment(at: number | null): string | null {
  return at === null ? null : new Date(at).toISOString();
}
