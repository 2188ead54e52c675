// The tables and keys of hearth.toml in words, from its JSON Schema.

/** A table of the file; `about` is what it is for, where that needs to be said. */
export interface ConfigTable {
  readonly name: string;
  readonly about: string | null;
  readonly keys: readonly ConfigKey[];
}

/** A key of a table. */
export interface ConfigKey {
  readonly key: string;
  /** In words. */
  readonly type: string;
  /** As TOML; null when it has none, or has to be given. */
  readonly otherwise: string | null;
  readonly isRequired: boolean;
  readonly about: string;
}

/** What of JSON Schema the schema of hearth.toml makes use of. */
export interface ConfigSchema {
  readonly title?: string;
  readonly description?: string;
  readonly default?: unknown;
  readonly type?: string;
  readonly const?: unknown;
  readonly enum?: readonly unknown[];
  readonly anyOf?: readonly ConfigSchema[];
  readonly items?: ConfigSchema;
  readonly properties?: Readonly<Record<string, ConfigSchema>>;
  readonly required?: readonly string[];
  readonly additionalProperties?: ConfigSchema | false;
  readonly minimum?: number;
  readonly maximum?: number;
}

/** Every table of the file; a table of free names, such as `agents`, is shown once, as NAME. */
export function configTables({ properties = {} }: ConfigSchema): ConfigTable[] {
  return Object.entries(properties).flatMap(([name, table]) =>
    table.additionalProperties ? tablesIn(`${name}.NAME`, table.additionalProperties) : tablesIn(name, table),
  );
}

/** A table, and behind it those in it. */
function tablesIn(name: string, table: ConfigSchema): ConfigTable[] {
  const { properties = {}, required = [] } = table;
  const entries = Object.entries(properties);
  const keys = entries
    .filter(([, schema]) => !isTable(schema))
    .map(([key, schema]) => ({
      key,
      type: typeOf(schema),
      otherwise: schema.default === undefined ? null : JSON.stringify(schema.default),
      isRequired: required.includes(key),
      about: schema.description ?? "",
    }));
  const inner = entries.flatMap(([key, schema]) => tableOf(schema).flatMap((each) => tablesIn(`${name}.${key}`, each)));
  return [{ name, about: table.description ?? null, keys }, ...inner];
}

function isTable({ properties }: ConfigSchema): boolean {
  return properties !== undefined;
}

/** The table that a key can be, also where it can be something simpler instead. */
function tableOf(schema: ConfigSchema): ConfigSchema[] {
  const { anyOf = [schema], description } = schema;
  return anyOf.filter(isTable).map((table) => (description === undefined ? table : { ...table, description }));
}

function typeOf(schema: ConfigSchema): string {
  const { title, const: only, enum: choices, anyOf, type, items, minimum, maximum } = schema;
  if (title !== undefined) return title;
  if (only !== undefined) return JSON.stringify(only);
  if (choices !== undefined) return either(choices.map((choice) => JSON.stringify(choice)));
  if (anyOf !== undefined) return either([...new Set(anyOf.map(typeOf))]);
  if (type === "array") return `list of ${typeOf(items ?? {})}s`;
  if (type === "object") return isTable(schema) ? "table" : "table of strings";
  if (type === "boolean") return "true or false";
  const noun = type === "integer" ? "whole number" : String(type);
  return minimum === undefined ? noun : `${noun} from ${minimum} to ${maximum}`;
}

function either(words: readonly string[]): string {
  return [words.slice(0, -1).join(", "), ...words.slice(-1)].filter((part) => part !== "").join(" or ");
}
