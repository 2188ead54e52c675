// A page of documentation as what it tells a reader to do: files to write and commands to run, in order.

/** A file that the page shows: a fenced block with a name behind its language, as in "```toml hearth.toml". */
export interface FileStep {
  readonly kind: "file";
  readonly name: string;
  readonly text: string;
}

/** A command of a "```console" block, with what the page says that it prints. */
export interface CommandStep {
  readonly kind: "command";
  readonly line: number;
  /** As it is typed; "# exits with N" at its end is not typed. */
  readonly command: string;
  readonly exitCode: number;
  /** Lines below it; "..." stands for anything. Empty: nothing is said. */
  readonly output: readonly string[];
}

export type Step = FileStep | CommandStep;

/** A command that a page mentions within its text, or in a block that is not run. */
export interface Mention {
  readonly line: number;
  readonly command: string;
}

export interface Document {
  readonly steps: readonly Step[];
  readonly mentions: readonly Mention[];
}

interface Fence {
  readonly info: readonly string[];
  /** Of its first line inside. */
  readonly line: number;
  readonly lines: readonly string[];
}

/** @throws a block that nobody closes, or one of commands that begins with something else. */
export function readDocument(markdown: string): Document {
  const { fences, text } = splitFences(markdown.split("\n"));
  const steps = fences.flatMap(stepsOf);
  const unrun = fences.filter(({ info: [language] }) => language === "sh").flatMap(mentionsInBlock);
  return { steps, mentions: [...text.flatMap(mentionsInText), ...unrun] };
}

function splitFences(lines: readonly string[]): { fences: Fence[]; text: { line: number; text: string }[] } {
  const fences: Fence[] = [];
  const text: { line: number; text: string }[] = [];
  for (let at = 0; at < lines.length; at++) {
    const [, info] = /^```(.*)$/.exec(lines[at] ?? "") ?? [];
    if (info === undefined) {
      text.push({ line: at + 1, text: lines[at] ?? "" });
      continue;
    }
    const end = lines.indexOf("```", at + 1);
    if (end < 0) throw new Error(`the block of line ${at + 1} is never closed`);
    fences.push({ info: info.trim().split(/\s+/), line: at + 2, lines: lines.slice(at + 1, end) });
    at = end;
  }
  return { fences, text };
}

function stepsOf({ info: [language, name], line, lines }: Fence): Step[] {
  if (language === "console") return commandsOf(lines, line);
  return name === undefined ? [] : [{ kind: "file", name, text: `${lines.join("\n")}\n` }];
}

function commandsOf(lines: readonly string[], firstLine: number): CommandStep[] {
  const steps: { line: number; typed: string; output: string[] }[] = [];
  for (const [index, text] of lines.entries()) {
    const last = steps.at(-1);
    if (text.startsWith("$ ")) steps.push({ line: firstLine + index, typed: text.slice(2), output: [] });
    else if (last === undefined) throw new Error(`line ${firstLine + index}: a console block begins with "$ "`);
    else if (last.output.length === 0 && last.typed.endsWith("\\"))
      last.typed = `${last.typed.slice(0, -1)}${text.trim()}`;
    else last.output.push(text);
  }
  return steps.map(({ line, typed, output }) => {
    const [, command = typed, exitCode = "0"] = /^(.*?)\s+# exits with (\d+)$/.exec(typed) ?? [];
    return { kind: "command", line, command, exitCode: Number(exitCode), output };
  });
}

/** `hearth ...` within the text. */
function mentionsInText({ line, text }: { readonly line: number; readonly text: string }): Mention[] {
  return [...text.matchAll(/`(hearth [^`]+)`/g)].map(([, command = ""]) => ({ line, command }));
}

function mentionsInBlock({ line, lines }: Fence): Mention[] {
  return lines.flatMap((text, index) => {
    const [, command] = /^(hearth .*?)(?:\s+#.*)?$/.exec(text) ?? [];
    return command === undefined ? [] : [{ line: line + index, command }];
  });
}

/** Whether what was printed is what the page shows; "..." stands for anything, also for several lines where it is alone. */
export function matchesShown(shown: readonly string[], printed: string): boolean {
  const pattern = shown
    .map((line) => (line.trim() === "..." ? "[^]*" : line.split("...").map(literal).join(".*")))
    .join("\n");
  return new RegExp(`^${pattern.replaceAll("[^]*\n", "(?:[^]*\n)?").replaceAll("\n[^]*", "(?:\n[^]*)?")}$`).test(
    printed.trimEnd(),
  );
}

function literal(text: string): string {
  return text.replace(/[\\^$.*+?()[\]{}|]/g, "\\$&");
}
