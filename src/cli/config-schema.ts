// Where the JSON Schema of hearth.toml lies that belongs to this client.
import { dirname, join } from "node:path";
import { pathToFileURL } from "node:url";
import { hearthdProgram } from "../client/program.js";

/** Its path; it is published beside the programs. */
export function configSchemaFile(): string {
  return join(dirname(hearthdProgram()), "hearth.schema.json");
}

/** The same as a URL, as an editor wants it. */
export function configSchemaUrl(): string {
  return pathToFileURL(configSchemaFile()).href;
}
