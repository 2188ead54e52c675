// Where a command takes the text of a handoff from: the command line, a file, or standard input.
import { isUtf8 } from "node:buffer";
import { createReadStream } from "node:fs";
import { resolve } from "node:path";
import type { Context } from "./context.js";
import { UsageError } from "./usage-error.js";

/** The protocol's own limit in bytes, said again here because its file brings all schemas along. */
export const MAX_HANDOFF_BYTES = 1_048_576;

/** Stands for standard input where a text is expected. */
export const STDIN = "-";

const TOO_LARGE_HINT = "leave the long parts in files and hand over where they are; see `hearth help handoff`";

/** What was given; a text of "-" means standard input. */
export interface HandoffSource {
  readonly text: string | undefined;
  readonly file: string | undefined;
}

/**
 * The handoff; undefined when none was given.
 * @throws {UsageError} text and file at once, a file that cannot be read, more than 1 MiB, or no UTF-8.
 */
export async function readHandoff(
  { cwd, stdin = processStdin }: Pick<Context, "cwd" | "stdin">,
  { text, file }: HandoffSource,
): Promise<string | undefined> {
  if (text !== undefined && file !== undefined)
    throw new UsageError(
      "a handoff comes from a text or from a file, not both",
      "leave one out; see `hearth help handoff`",
    );
  if (file !== undefined) return readFile(resolve(cwd, file));
  return text === STDIN ? readText(stdin(), "standard input") : text;
}

/** Opened on demand, which takes its time. */
function processStdin(): AsyncIterable<Uint8Array> {
  return process.stdin;
}

async function readFile(path: string): Promise<string> {
  try {
    return await readText(createReadStream(path), path);
  } catch (error) {
    if (!(error instanceof Error && "syscall" in error)) throw error;
    throw new UsageError(
      `the handoff cannot be read: ${error.message}`,
      "name a file that you can read; see `hearth help handoff`",
    );
  }
}

/** Stops reading at the limit, since a stream may have no end. */
async function readText(bytes: AsyncIterable<Uint8Array>, source: string): Promise<string> {
  const chunks: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of bytes) {
    length += chunk.length;
    if (length > MAX_HANDOFF_BYTES)
      throw new UsageError(`the handoff is larger than 1 MiB (from ${source})`, TOO_LARGE_HINT);
    chunks.push(chunk);
  }
  return decode(Buffer.concat(chunks), source);
}

function decode(bytes: Buffer, source: string): string {
  if (isUtf8(bytes)) return bytes.toString("utf8");
  throw new UsageError(
    `the handoff is not UTF-8 text (from ${source})`,
    "convert it first, for example with iconv(1); see `hearth help handoff`",
  );
}
