import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { frame } from "../../src/cli/render/frame.js";

/** Just enough of a terminal to see what a frame makes of it; every character takes one cell. */
class Screen {
  cells: string[][];
  constructor(
    readonly columns: number,
    readonly rows: number,
  ) {
    this.cells = Array.from({ length: rows }, () => Array<string>(columns).fill("?"));
  }

  write(bytes: string): void {
    let [row, column] = [0, 0];
    // biome-ignore lint/suspicious/noControlCharactersInRegex: it is what a terminal reads
    for (const [, numbers, letter, character] of bytes.matchAll(/\x1b\[([0-9;?]*)([A-Za-z])|(.)/gsu)) {
      if (letter === "H") [row = 1, column = 1] = (numbers ?? "").split(";").map((at) => Number(at) - 1);
      else if (letter === "J") for (const line of this.cells) line.fill(" ");
      else if (letter === "K") this.cells[row]?.fill(" ", numbers === "2" ? 0 : column);
      // It does not wrap: the last cell is written again.
      else if (character !== undefined) (this.cells[row] ?? [])[Math.min(column++, this.columns - 1)] = character;
    }
  }

  get text(): string[] {
    return this.cells.map((line) => line.join("").trimEnd());
  }
}

const row = fc.stringMatching(/^[a-c é●]{0,8}$/).map((text) => text.trimEnd());
const rows = fc.array(row, { minLength: 4, maxLength: 4 });

describe("a frame", () => {
  it("makes the screen show the rows, whatever it showed before", () => {
    fc.assert(
      fc.property(fc.array(rows, { minLength: 1, maxLength: 5 }), (screens) => {
        const screen = new Screen(8, 4);
        let shown: readonly string[] | null = null;
        for (const next of screens) {
          screen.write(frame(shown, next, { columns: 8 }));
          expect(screen.text).toEqual(next);
          shown = next;
        }
      }),
    );
  });

  it("writes nothing where nothing differs, and otherwise only the rows that do", () => {
    const shown = ["one", "two", "three"];
    expect(frame(shown, [...shown], { columns: 80 })).toBe("");
    const bytes = frame(shown, ["one", "TWO", "three"], { columns: 80 });
    expect(bytes).toContain("\x1b[2;1HTWO");
    expect(bytes).not.toContain("three");
  });
});
