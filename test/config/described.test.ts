// The promises of what is said about the keys of hearth.toml: nothing is left out, and defaults are what holds.
import * as v from "valibot";
import { expect, test } from "vitest";
import { AgentDefinitionSchema, DaemonTableSchema, HearthTomlSchema } from "../../protocol/definition.js";
import { parseConfig } from "../../src/config/load.js";
import { resolveAgent } from "../../src/config/resolve.js";

type Tree = { readonly [key: string]: unknown };

const OPTIONS = { directory: "/", heartbeatIntervalMs: 60_000 };

/** The keys of a table with their schemas, without what makes them optional. */
function entriesOf(schema: v.GenericSchema): [string, v.GenericSchema][] {
  const entries = "entries" in schema ? (schema.entries as Record<string, v.GenericSchema>) : {};
  return Object.entries(entries).map(([key, entry]) => [key, unwrapped(entry)]);
}

function unwrapped(schema: v.GenericSchema): v.GenericSchema {
  return "wrapped" in schema ? (schema.wrapped as v.GenericSchema) : schema;
}

function undescribed(schema: v.GenericSchema, path: string): string[] {
  return entriesOf(schema).flatMap(([key, entry]) => [
    ...(v.getDescription(entry)?.endsWith(".") ? [] : [`${path}${key}`]),
    ...undescribed(entry, `${path}${key}.`),
  ]);
}

/** Everything that has a default, written out as if somebody had typed it. */
function writtenOut(schema: v.GenericSchema): Tree {
  const values = entriesOf(schema).map(([key, entry]) => {
    const inner = writtenOut(entry);
    return [key, Object.keys(inner).length > 0 ? inner : v.getMetadata(entry).default] as const;
  });
  return Object.fromEntries(values.filter(([, value]) => value !== undefined));
}

test.each([
  ["hearth.toml", HearthTomlSchema],
  ["an agent's table", AgentDefinitionSchema],
])("every key of %s is described by a sentence", (_where, schema) => {
  expect(undescribed(schema, "")).toEqual([]);
});

test("a definition that says what is the default anyway changes nothing", () => {
  const written = writtenOut(AgentDefinitionSchema);
  expect(Object.keys(written)).toEqual(expect.arrayContaining(["restart", "stop", "heartbeat", "cwd"]));
  const resolved = (ready: object, rest: Tree) => {
    const definition = v.parse(AgentDefinitionSchema, { command: "x", ...rest, ready: { delay: "1s", ...ready } });
    return resolveAgent("a", definition, OPTIONS);
  };
  expect(resolved(written.ready as object, written)).toEqual(resolved({}, {}));
});

test("a daemon's table that says what is the default anyway changes nothing", async () => {
  const { limits, ...rest } = writtenOut(DaemonTableSchema);
  const lines = (table: Tree) => Object.entries(table).map(([key, value]) => `${key} = ${JSON.stringify(value)}`);
  const text = ["[daemon]", ...lines(rest), "[daemon.limits]", ...lines(limits as Tree)].join("\n");
  expect(await parseConfig(text, "/hearth.toml")).toEqual(await parseConfig("", "/hearth.toml"));
});
