// The doctor's findings for people: in groups, each with a sign, and below it what to do.
import { type Finding, type FindingStatus, GROUPS } from "../doctor/finding.js";
import { type Colour, paint, plain, type Style } from "./text.js";
import { wrap } from "./wrap.js";

const SIGNS: Readonly<Record<FindingStatus, string>> = { ok: "✓", note: "•", problem: "✗" };
const COLOURS: Readonly<Record<FindingStatus, Colour>> = { ok: "green", note: "yellow", problem: "red" };

/** Columns for a check's name; where the terminal is narrow what was seen begins below it. */
const NAME_COLUMNS = 16;
const NARROW = 50;

/** Lines of all findings, and what they come to. */
export function renderFindings(
  { checks, problems }: { readonly checks: readonly Finding[]; readonly problems: number },
  style: Style,
): string[] {
  const groups = GROUPS.map(({ title, checks: names }) => ({
    title,
    findings: checks.filter(({ name }) => (names as readonly string[]).includes(name)),
  }));
  const shown = groups.filter(({ findings }) => findings.length > 0);
  const lines = shown.flatMap(({ title, findings }) => [
    paint(title, "bold", style),
    ...findings.flatMap((finding) => renderFinding(finding, style)),
    "",
  ]);
  return [...lines, outcome(problems, style)];
}

function renderFinding({ name, status, seen, advice }: Finding, style: Style): string[] {
  const sign = paint(SIGNS[status], COLOURS[status], style);
  const isNarrow = style.columns < NARROW;
  const indent = " ".repeat(isNarrow ? 4 : NAME_COLUMNS + 4);
  const columns = style.columns - indent.length;
  const [first = "", ...rest] = wrap(plain(seen), columns);
  const head = isNarrow ? [`  ${sign} ${name}`, indent + first] : [`  ${sign} ${name.padEnd(NAME_COLUMNS)}${first}`];
  const advised = advice === null ? [] : wrap(`-> ${plain(advice)}`, columns);
  return [
    ...head,
    ...rest.map((line) => indent + line),
    ...advised.map((line) => indent + paint(line, status === "problem" ? "bold" : "dim", style)),
  ];
}

function outcome(problems: number, style: Style): string {
  if (problems === 0) return paint("Nothing is wrong.", "green", style);
  return paint(problems === 1 ? "1 problem." : `${problems} problems.`, "red", style);
}
