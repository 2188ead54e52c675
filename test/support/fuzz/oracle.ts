// Says what a daemon must answer to a stream of bytes: the rules of the protocol once more, as plainly as they can be put.

/** One answer that is owed: the JSON text of its id, and its error's code or "result". */
export type Owed = readonly [id: string, outcome: number | "result"];

/** What comes of a stream: an answer, or an array of them for a batch, for each frame that is owed one. */
export interface Verdict {
  readonly answers: readonly (Owed | readonly Owed[])[];
  /** The daemon ends the connection by itself. */
  readonly closes: boolean;
  /** Bytes at the end that are no whole frame yet. */
  readonly unfinished: boolean;
}

/** What the daemon that is tested is known to answer, by method; params that are not among those of `valid` are wrong. */
export interface KnownMethod {
  readonly name: string;
  readonly valid: readonly { readonly params: object; readonly outcome: number | "result" }[];
}

export const MAX_BYTES = 16 * 1024 * 1024;
const MAX_HEADER_BYTES = 4_096;
const MAX_BATCH = 1_000;

/** @param bytes everything that an attached client sends on one connection, from the first byte on */
export function judge(bytes: Buffer, known: readonly KnownMethod[]): Verdict {
  return /^[Cc]/.test(bytes.toString("latin1", 0, 1)) ? judgeContent(bytes, known) : judgeLines(bytes, known);
}

function judgeLines(bytes: Buffer, known: readonly KnownMethod[]): Verdict {
  const answers: (Owed | readonly Owed[])[] = [];
  let start = 0;
  for (let end = bytes.indexOf("\n"); end >= 0; end = bytes.indexOf("\n", start)) {
    const line = bytes.subarray(start, end > start && bytes[end - 1] === 0x0d ? end - 1 : end);
    start = end + 1;
    if (line.length > 0) answers.push(...answersTo(line, known));
  }
  return { answers, closes: false, unfinished: start < bytes.length };
}

function judgeContent(bytes: Buffer, known: readonly KnownMethod[]): Verdict {
  const answers: (Owed | readonly Owed[])[] = [];
  for (let start = 0; start < bytes.length; ) {
    const header = readHeader(bytes.subarray(start));
    if (header === "bad") return { answers, closes: true, unfinished: false };
    if (header === "unfinished") return { answers, closes: false, unfinished: true };
    if (header.length > MAX_BYTES) return { answers: [...answers, ["null", -32010]], closes: true, unfinished: false };
    const body = bytes.subarray(start + header.size, start + header.size + header.length);
    if (body.length < header.length) return { answers, closes: false, unfinished: true };
    answers.push(...answersTo(body, known));
    start += header.size + header.length;
  }
  return { answers, closes: false, unfinished: false };
}

/** A block of headers: how long it is itself, and the content it announces. */
function readHeader(bytes: Buffer): { readonly size: number; readonly length: number } | "bad" | "unfinished" {
  const lines = bytes.toString("latin1").split("\n");
  let size = 0;
  let length: number | null = null;
  for (const [number, line] of lines.entries()) {
    size += line.length + 1;
    if (size - 1 > MAX_HEADER_BYTES) return "bad";
    if (number === lines.length - 1) return "unfinished";
    if (line === "\r") return length === null ? "bad" : { size, length };
    const match = /^([!#$%&'*+.^_`|~0-9A-Za-z-]+):[ \t]*(.*?)[ \t]*\r$/.exec(line);
    if (match === null) return "bad";
    if (match[1]?.toLowerCase() !== "content-length") continue;
    if (length !== null || !/^\d{1,15}$/.test(match[2] ?? "")) return "bad";
    length = Number(match[2]);
  }
  return "unfinished";
}

function answersTo(frame: Buffer, known: readonly KnownMethod[]): (Owed | readonly Owed[])[] {
  let value: unknown;
  try {
    value = JSON.parse(new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(frame));
  } catch {
    return [["null", -32700]];
  }
  if (!Array.isArray(value)) return toOne(value, known);
  if (value.length === 0) return [["null", -32600]];
  if (value.length > MAX_BATCH) return [["null", -32009]];
  const batch = value.flatMap((each) => toOne(each, known));
  return batch.length === 0 ? [] : [batch];
}

function toOne(message: unknown, known: readonly KnownMethod[]): Owed[] {
  if (typeof message !== "object" || message === null || Array.isArray(message)) return [["null", -32600]];
  const request = message as Readonly<Record<string, unknown>>;
  const has = (name: string): boolean => Object.hasOwn(request, name);
  if (has("id") && !has("method") && (has("result") || has("error"))) return [];
  const { id, method, params } = request;
  const isLegal = id === null || typeof id === "string" || typeof id === "number";
  const echoed = isLegal ? JSON.stringify(id) : "null";
  const isStructure = !has("params") || (typeof params === "object" && params !== null);
  const isResponseToo = has("result") || has("error");
  const isRequest = request.jsonrpc === "2.0" && typeof method === "string" && isStructure && !isResponseToo;
  if (!isRequest || (has("id") && !isLegal)) return [[echoed, -32600]];
  if (!has("id")) return [];
  const outcomes = known.find(({ name }) => name === method)?.valid;
  if (outcomes === undefined) return [[echoed, -32601]];
  const given = has("params") ? spell(params as object) : "{}";
  return [[echoed, outcomes.find((each) => JSON.stringify(each.params) === given)?.outcome ?? -32602]];
}

/** JSON text, or nothing for what is nested too deep to be spelled. */
function spell(value: object): string {
  try {
    return JSON.stringify(value);
  } catch (error) {
    if (error instanceof RangeError) return "";
    throw error;
  }
}
