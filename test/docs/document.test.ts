// How a page is read.
import { expect, it } from "vitest";
import { matchesShown, readDocument } from "./document.js";

const PAGE = `Say \`hearth status\`.

\`\`\`toml hearth.toml
[agents]
\`\`\`

\`\`\`console
$ hearth start \\
    web
web is running (pid ...)
$ hearth get x  # exits with 4
\`\`\`

\`\`\`sh
hearth daemon logs -f     # in another terminal
\`\`\`
`;

it("a page gives the files it shows, the commands it runs and those it mentions", () => {
  expect(readDocument(PAGE)).toEqual({
    steps: [
      { kind: "file", name: "hearth.toml", text: "[agents]\n" },
      { kind: "command", line: 8, command: "hearth start web", exitCode: 0, output: ["web is running (pid ...)"] },
      { kind: "command", line: 11, command: "hearth get x", exitCode: 4, output: [] },
    ],
    mentions: [
      { line: 1, command: "hearth status" },
      { line: 15, command: "hearth daemon logs -f" },
    ],
  });
});

it.each([
  [["a ... c"], "a b c\n", true],
  [["a ... c"], "a b\nc\n", false],
  [["a", "...", "z"], "a\nb\nc\nz\n", true],
  [["a", "...", "z"], "a\nz\n", true],
  [["a", "..."], "a\n", true],
  [["..."], "anything\nat all\n", true],
  [["(a|b)"], "a\n", false],
])("%j shows %j: %s", (shown, printed, expected) => {
  expect(matchesShown(shown, printed)).toBe(expected);
});
