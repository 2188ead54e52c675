import { describe, expect, it } from "vitest";
import { inputLine, typedText } from "../../src/sessions/tmux-screen.js";

/** A screen whose cursor is where the text has a ‸. */
function screen(...rows: string[]): Parameters<typeof typedText>[0] {
  const y = rows.findIndex((row) => row.includes("‸"));
  const shown = rows.map((row) => row.replace("‸", ""));
  return { rows: shown, cursor: { x: rows[y]?.indexOf("‸") ?? 0, y: Math.max(y, 0), visible: y >= 0 } };
}

describe("what is typed", () => {
  it.each([
    ["behind a shell's prompt", "me@host:~/c#proj$ echo half‸", "echo half"],
    ["nothing behind a shell's prompt", "me@host:~/c#proj$ ‸", ""],
    ["nothing without a prompt", "‸", ""],
    ["without a prompt", "half‸", "half"],
    ["a character that ends prompts", "> what is $‸", "what is $"],
    ["in a box", "│ > half‸                 │", "half"],
    ["nothing in a box", "│ > ‸                     │", ""],
    ["on both sides of the cursor", "$ ha‸lf", "half"],
    ["left of a clock", "$ half‸            12:30", "half"],
    ["nothing left of a clock", "$ ‸            12:30", ""],
    ["nothing before a faint placeholder", '> ‸\u001b[2mTry "edit"\u001b[0m', ""],
    ["nothing before a grey suggestion", "$ ‸\u001b[90mgit status\u001b[39m", ""],
    ["in colours", "\u001b[32m$ \u001b[38;5;2mhalf‸\u001b[0m", "half"],
  ])("%s", (_, row, typed) => {
    // biome-ignore lint/suspicious/noControlCharactersInRegex: they are no cells
    const plain = row.split("‸")[0]?.replaceAll(/\u001b\[[\d;]*m/g, "") ?? "";
    const { rows } = screen("above", row);
    expect(typedText({ rows, cursor: { x: plain.length, y: 1, visible: true } })).toBe(typed);
  });

  it("is found at the last prompt where a program hides the cursor", () => {
    expect(typedText(screen("> earlier message", "an answer", "│ > half │", "? for help"))).toBe("half");
  });

  it("counts wide letters as two cells", () => {
    const rows = ["$ 漢字half  12:30"];
    expect(inputLine({ rows, cursor: { x: 10, y: 0, visible: true } })).toBe("$ 漢字half");
  });
});
