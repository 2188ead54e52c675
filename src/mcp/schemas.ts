// The protocol's schemas as tools publish them: JSON Schema from the generated document, each complete in itself.
import type { StandardSchemaWithJSON } from "@modelcontextprotocol/server";
import type { MethodName } from "../../protocol/methods.js";
import openrpc from "../../protocol/openrpc.json" with { type: "json" };

export type JsonSchema = { readonly [keyword: string]: unknown };

/** The schema of a tool's arguments or result. */
export interface ObjectSchema extends JsonSchema {
  readonly type: "object";
  readonly properties: Readonly<Record<string, JsonSchema>>;
  readonly required: readonly string[];
}

interface MethodDocument {
  readonly name: string;
  readonly params: readonly { readonly name: string; readonly required: boolean; readonly schema: JsonSchema }[];
  readonly result: { readonly schema: JsonSchema };
}

const DOCUMENT: { readonly methods: readonly MethodDocument[]; readonly components: JsonSchema } = openrpc;

/** How a tool's arguments differ from the params of the method behind it. */
export interface Difference {
  /** Params that the tool decides itself. */
  readonly without?: readonly string[];
  /** Which can't be left out; as in the method, when absent. */
  readonly required?: readonly string[];
  /** Arguments that the method does not have. */
  readonly extra?: Readonly<Record<string, JsonSchema>>;
}

/** What a tool takes: the params of a method, and no others. */
export function argumentsOf(method: MethodName, { without = [], required, extra = {} }: Difference = {}): ObjectSchema {
  const params = documentOf(method).params.filter(({ name }) => !without.includes(name));
  return {
    type: "object",
    properties: { ...Object.fromEntries(params.map(({ name, schema }) => [name, complete(schema)])), ...extra },
    required: required ?? params.filter((param) => param.required).map(({ name }) => name),
    additionalProperties: false,
  };
}

/** One param of a method. */
export function paramOf(method: MethodName, name: string): JsonSchema {
  return complete(documentOf(method).params.find((param) => param.name === name)?.schema ?? {});
}

/** What a method answers. */
export function resultOf(method: MethodName): JsonSchema {
  return complete(documentOf(method).result.schema);
}

/** A result of which every part is there. */
export function tableOf(properties: Readonly<Record<string, JsonSchema>>): ObjectSchema {
  return { type: "object", properties, required: Object.keys(properties) };
}

/** A schema for the SDK to publish. Values pass as they are: the daemon checks what it gets, and says more about it. */
export function published(schema: JsonSchema): StandardSchemaWithJSON {
  const jsonSchema = () => ({ ...schema });
  return {
    "~standard": {
      version: 1,
      vendor: "hearth",
      validate: (value) => ({ value }),
      jsonSchema: { input: jsonSchema, output: jsonSchema },
    },
  };
}

function documentOf(method: MethodName): MethodDocument {
  const found = DOCUMENT.methods.find(({ name }) => name === method);
  if (found === undefined) throw new Error(`openrpc.json does not describe ${method}`);
  return found;
}

/** The schema with what it refers to put in place, since not every MCP client follows references. */
function complete(schema: JsonSchema): JsonSchema {
  return JSON.parse(JSON.stringify(schema), (_key, value) => {
    const reference = (value as { readonly $ref?: unknown } | null)?.$ref;
    return typeof reference === "string" ? complete(referred(reference)) : value;
  }) as JsonSchema;
}

/** `#/components/schemas/AgentStatus`; a test of the protocol holds that every reference leads somewhere. */
function referred(reference: string): JsonSchema {
  const [, ...keys] = reference.split("/");
  return keys.reduce<JsonSchema>((value, key) => value[key] as JsonSchema, DOCUMENT);
}
