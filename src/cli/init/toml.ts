// TOML as `hearth init` writes it: keys, values and one table for each agent.

/** What a setting can be. */
export type TomlValue = string | number | boolean | readonly TomlValue[] | { readonly [key: string]: TomlValue };

/** A setting: "autostart = true". */
export function tomlLine(key: string, value: TomlValue): string {
  return `${tomlKey(key)} = ${tomlValue(value)}`;
}

/** A part of a key, in quotes when it has to be. */
export function tomlKey(key: string): string {
  return /^[A-Za-z0-9_-]+$/.test(key) ? key : tomlText(key);
}

function tomlValue(value: TomlValue): string {
  if (typeof value === "string") return tomlText(value);
  if (typeof value !== "object") return String(value);
  if (isList(value)) return `[${value.map(tomlValue).join(", ")}]`;
  const lines = Object.entries(value).map(([key, inner]) => tomlLine(key, inner));
  return lines.length === 0 ? "{}" : `{ ${lines.join(", ")} }`;
}

/** A basic string: JSON's escapes are TOML's, but DEL may not stand for itself and half a surrogate pair not at all. */
function tomlText(text: string): string {
  return JSON.stringify(Buffer.from(text).toString()).replaceAll("\x7f", "\\u007f");
}

function isList(value: object): value is readonly TomlValue[] {
  return Array.isArray(value);
}
