import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { MAX_HANDOFF_BYTES as PROTOCOL_LIMIT } from "../../protocol/lifecycle.js";
import { type HandoffSource, MAX_HANDOFF_BYTES, readHandoff } from "../../src/cli/handoff-text.js";
import { newHome } from "../support/daemon.js";

const NOTHING: HandoffSource = { text: undefined, file: undefined };

async function* chunks(...parts: readonly Uint8Array[]): AsyncGenerator<Uint8Array> {
  yield* parts;
}

function fromStdin(...parts: readonly Uint8Array[]): Promise<string | undefined> {
  return readHandoff({ cwd: "/", stdin: () => chunks(...parts) }, { ...NOTHING, text: "-" });
}

function fromFile(content: string | Uint8Array): Promise<string | undefined> {
  const cwd = newHome();
  writeFileSync(join(cwd, "notes.md"), content);
  return readHandoff({ cwd }, { ...NOTHING, file: "notes.md" });
}

describe("the text of a handoff", () => {
  it("is what the command line says, or nothing", async () => {
    expect(await readHandoff({ cwd: "/" }, { ...NOTHING, text: "done: 1, 2" })).toBe("done: 1, 2");
    expect(await readHandoff({ cwd: "/" }, NOTHING)).toBeUndefined();
  });

  it("comes from standard input for -, with every byte, also of a character that was cut in two", async () => {
    const bytes = Buffer.from("\uFEFFétat\r\n\n");
    expect(await fromStdin(bytes.subarray(0, 4), bytes.subarray(4))).toBe("\uFEFFétat\r\n\n");
  });

  it("comes from a file beside the current directory", async () => {
    expect(await fromFile("half done\n")).toBe("half done\n");
  });

  it("may be as large as the protocol allows, and no larger", async () => {
    expect(MAX_HANDOFF_BYTES).toBe(PROTOCOL_LIMIT);
    expect(await fromFile("a".repeat(MAX_HANDOFF_BYTES))).toHaveLength(MAX_HANDOFF_BYTES);
    await expect(fromFile("a".repeat(MAX_HANDOFF_BYTES + 1))).rejects.toThrow("larger than 1 MiB");
  });

  it("is not read on for ever", async () => {
    async function* endless(): AsyncGenerator<Uint8Array> {
      for (;;) yield new Uint8Array(65_536);
    }
    const reading = readHandoff({ cwd: "/", stdin: endless }, { ...NOTHING, text: "-" });
    await expect(reading).rejects.toThrow("larger than 1 MiB (from standard input)");
  });

  it("is refused when it is not UTF-8", async () => {
    await expect(fromStdin(Buffer.from([0x61, 0xff]))).rejects.toThrow("not UTF-8 text (from standard input)");
    await expect(fromFile(Buffer.from([0xc3]))).rejects.toThrow("not UTF-8");
  });

  it("is refused from a file that cannot be read, and from two places at once", async () => {
    const missing = readHandoff({ cwd: newHome() }, { ...NOTHING, file: "nope" });
    await expect(missing).rejects.toMatchObject({ kind: "usage", message: expect.stringContaining("nope") });
    await expect(readHandoff({ cwd: "/" }, { text: "a", file: "b" })).rejects.toThrow("not both");
  });
});
