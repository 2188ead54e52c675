// The JSON Schema of hearth.toml, from the schema that checks it; editors complete the file with it.
import { HearthTomlSchema } from "../protocol/definition.js";
import { type Schema, toSchema } from "./json-schema.js";

/** A JSON Schema (draft-07, which editors of TOML understand best), ready for JSON.stringify. */
export function buildConfigSchema(): Schema & Readonly<Record<string, unknown>> {
  return {
    $schema: "http://json-schema.org/draft-07/schema#",
    title: "hearth.toml",
    description:
      "The agents that Hearth keeps alive, and its own settings. `hearth config check` checks the whole file.",
    ...toSchema(HearthTomlSchema),
  };
}
