// The help of `hearth top`: its keys.
import { paint, type Style } from "../render/text.js";
import { padToWidth, wrapToWidth } from "../render/width.js";
import { BINDINGS } from "./keys.js";
import type { Size } from "./model.js";

const KEYS_COLUMNS = 20;
const BARE: Style = { columns: 0, isColourful: false };
/** Where keys and meaning stand side by side. */
const WIDE_FROM_COLUMNS = 50;

/** All rows of it, however many there are. */
export function helpRows({ columns }: Pick<Size, "columns">, style: Style = BARE): string[] {
  const rows = BINDINGS.flatMap(({ shown, does }) =>
    columns >= WIDE_FROM_COLUMNS ? beside(shown, does, columns, style) : below(shown, does, columns, style),
  );
  return [paint("Keys", "bold", style), "", ...rows];
}

function beside(shown: string, does: string, columns: number, style: Style): string[] {
  const [first = "", ...others] = wrapToWidth(does, columns - KEYS_COLUMNS);
  const rest = others.map((row) => " ".repeat(KEYS_COLUMNS) + row);
  return [paint(padToWidth(shown, KEYS_COLUMNS), "bold", style) + first, ...rest];
}

function below(shown: string, does: string, columns: number, style: Style): string[] {
  const meaning = wrapToWidth(does, Math.max(1, columns - 2)).map((row) => `  ${row}`);
  return [paint(shown, "bold", style), ...meaning];
}
