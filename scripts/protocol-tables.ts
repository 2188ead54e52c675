// Builds the tables of protocol/README.md from the method, error and event tables, so that they cannot go stale.
import type { GenericSchema } from "valibot";
import { ERRORS } from "../protocol/errors.js";
import { EVENT_TYPES, notifications } from "../protocol/events.js";
import { type MethodSpec, methods } from "../protocol/methods.js";

const TABLES: Readonly<Record<string, () => string[]>> = { methods: methodRows, errors: errorRows, events: eventRows };

/** The same text with everything between `<!-- NAME:begin -->` and `<!-- NAME:end -->` generated anew. */
export function fillTables(markdown: string): string {
  return Object.entries(TABLES).reduce((text, [name, rows]) => fillTable(text, name, rows()), markdown);
}

function fillTable(markdown: string, name: string, rows: readonly string[]): string {
  const [begin, end] = [`<!-- ${name}:begin -->`, `<!-- ${name}:end -->`];
  const [from, to] = [markdown.indexOf(begin), markdown.indexOf(end)];
  if (from < 0 || to < from) throw new Error(`README.md has no markers for the table of ${name}`);
  return `${markdown.slice(0, from + begin.length)}\n${rows.join("\n")}\n${markdown.slice(to)}`;
}

function methodRows(): string[] {
  const rows = Object.entries<MethodSpec>(methods).map(([name, { params, access, summary }]) => [
    `\`${name}\``,
    fieldsOf(params),
    access,
    summary,
  ]);
  return table([["method", "params", "who", "what"], ...rows]);
}

function errorRows(): string[] {
  const rows = Object.entries(ERRORS).map(([kind, { code, message }]) => [String(code), `\`${kind}\``, message]);
  return table([["code", "data.kind", "meaning"], ...rows]);
}

function eventRows(): string[] {
  const rows = Object.entries(notifications).map(([name, { params, summary }]) => [
    `\`${name}\``,
    fieldsOf(params),
    summary,
  ]);
  const types = EVENT_TYPES.map((type) => `\`${type}\``).join(", ");
  return [...table([["notification", "params", "what"], ...rows]), "", `Types of events: ${types}.`];
}

/** Columns are padded as the formatter pads them, so that the two agree. */
function table([head = [], ...body]: readonly string[][]): string[] {
  const widths = head.map((title, column) => Math.max(title.length, ...body.map((row) => row[column]?.length ?? 0)));
  const line = (cells: readonly string[]) =>
    `| ${cells.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join(" | ")} |`;
  return [line(head), line(widths.map((width) => "-".repeat(width))), ...body.map(line)];
}

function fieldsOf(schema: GenericSchema): string {
  const entries = "entries" in schema ? (schema.entries as Record<string, GenericSchema>) : {};
  const fields = Object.entries(entries).map(([name, { type }]) => (type === "optional" ? `${name}?` : name));
  return fields.length === 0 ? "" : `\`{${fields.join(", ")}}\``;
}
