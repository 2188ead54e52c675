import { closeSync, constants, openSync, readSync, statSync } from "node:fs";
import { join } from "node:path";
import { describe, expect } from "vitest";
import { StdinFifos } from "../../src/sessions/stdin-fifo.js";
import { scratchTest } from "../storage/scratch.js";

/** A pipe that is open for reading and writing, as the gate opens it for its agent. */
const test = scratchTest.extend<{ fifos: StdinFifos; agentEnd: number }>({
  fifos: async ({ directory }, use) => {
    const fifos = new StdinFifos(join(directory, "stdin"));
    await fifos.make("team/a", 1);
    await use(fifos);
  },
  agentEnd: async ({ fifos }, use) => {
    const pipe = openSync(fifos.file("team/a", 1), constants.O_RDWR | constants.O_NONBLOCK);
    await use(pipe);
    closeSync(pipe);
  },
});

/** Everything that can be read without waiting. */
function read(pipe: number): string {
  const buffer = Buffer.alloc(1 << 20);
  let length = 0;
  for (;;) {
    try {
      length += readSync(pipe, buffer, length, buffer.length - length, null);
    } catch {
      return buffer.subarray(0, length).toString();
    }
  }
}

function fill(fifos: StdinFifos, message: string): { readonly delivered: number; readonly detail?: string } {
  for (let delivered = 0; ; delivered++) {
    const outcome = fifos.write("team/a", 1, message);
    if (!outcome.delivered) return { delivered, ...(outcome.detail === undefined ? {} : { detail: outcome.detail }) };
  }
}

describe("a pipe for pokes", () => {
  test("is a FIFO of the owner's alone, named by agent and incarnation", ({ fifos }) => {
    const file = fifos.file("team/a", 1);
    expect(file.endsWith("/team%2Fa.1")).toBe(true);
    expect([statSync(file).isFIFO(), statSync(file).mode & 0o777]).toEqual([true, 0o600]);
    expect(fifos.file("team/a", 2)).not.toBe(file);
  });

  test("brings each message as one line", ({ fifos, agentEnd }) => {
    expect([fifos.write("team/a", 1, "one"), fifos.write("team/a", 1, "é 漢字")]).toEqual([
      { delivered: true },
      { delivered: true },
    ]);
    expect(read(agentEnd)).toBe("one\né 漢字\n");
  });

  test("that is full takes nothing, and takes messages again once it was read", ({ fifos, agentEnd }) => {
    const { delivered, detail } = fill(fifos, "x".repeat(1_000));
    expect(detail).toBe("the agent has not read earlier messages");
    expect(read(agentEnd)).toBe(`${"x".repeat(1_000)}\n`.repeat(delivered));
    expect(fifos.write("team/a", 1, "next")).toEqual({ delivered: true });
    expect(read(agentEnd)).toBe("next\n");
  });

  test("that took a part of a long message does not let it become the head of the next one", ({ fifos, agentEnd }) => {
    const long = "x".repeat(4_096);
    const { delivered, detail } = fill(fifos, long);
    expect(detail).toBe("only a part of it fitted");
    const lines = read(agentEnd);
    expect(fifos.write("team/a", 1, "next")).toEqual({ delivered: true });
    const all = (lines + read(agentEnd)).split("\n");
    expect(all.slice(0, delivered)).toEqual(Array(delivered).fill(long));
    expect(all.slice(delivered + 1)).toEqual(["next", ""]);
  });

  test("that nobody reads any more is told of as such", ({ fifos }) => {
    const detail = "the agent has closed its standard input";
    expect(fifos.write("team/a", 1, "hello")).toEqual({ delivered: false, detail });
  });

  test("that was never made is told of as such", ({ fifos }) => {
    expect(fifos.write("team/a", 2, "hello")).toMatchObject({
      delivered: false,
      detail: expect.stringContaining("restart the agent"),
    });
  });

  test("starts empty when it is made again, whoever still holds the old one", async ({ fifos, agentEnd }) => {
    fifos.write("team/a", 1, "old");
    await fifos.make("team/a", 1);
    const next = openSync(fifos.file("team/a", 1), constants.O_RDWR | constants.O_NONBLOCK);
    fifos.write("team/a", 1, "new");
    expect([read(next), read(agentEnd)]).toEqual(["new\n", "old\n"]);
    closeSync(next);
  });

  test("can be removed twice", async ({ fifos }) => {
    fifos.remove("team/a", 1);
    fifos.remove("team/a", 1);
    expect(fifos.write("team/a", 1, "hello")).toMatchObject({ delivered: false });
  });
});
