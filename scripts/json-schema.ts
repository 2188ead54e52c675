// What the protocol's schemas are as JSON Schema, for whatever is generated from them.
import { type ConversionConfig, type JsonSchema, toJsonSchema } from "@valibot/to-json-schema";
import type { GenericSchema } from "valibot";

/** What of JSON Schema the generated documents make use of. */
export type Schema = Omit<JsonSchema, "anyOf" | "items" | "properties" | "additionalProperties"> & {
  readonly anyOf?: readonly Schema[];
  readonly items?: Schema;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly additionalProperties?: Schema | false;
};

/** Converts what callers write; `definitions` become references to the document's shared schemas. */
export function toSchema(schema: GenericSchema, definitions: Record<string, GenericSchema> = {}): Schema {
  const config: ConversionConfig = {
    typeMode: "input",
    // Rules that are code (names, units, addresses) have no counterpart; their fields carry a description instead.
    errorMode: "ignore",
    // A table with free names is guarded by code, which names what it guards.
    overrideSchema: ({ valibotSchema }) =>
      "guarded" in valibotSchema ? (toSchema(valibotSchema.guarded as GenericSchema) as JsonSchema) : undefined,
    definitions,
    overrideRef: ({ referenceId }) => `#/components/schemas/${referenceId}`,
  };
  const { $schema, $defs, ...rest } = toJsonSchema(schema, config);
  return rest as Schema;
}
