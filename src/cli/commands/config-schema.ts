// `hearth config schema`: the JSON Schema of hearth.toml.
import { readFileSync } from "node:fs";
import { defineCommand } from "../command.js";
import { configSchemaFile } from "../config-schema.js";
import { EXIT } from "../exit-codes.js";

export const command = defineCommand({
  name: "config schema",
  summary: "Prints the JSON Schema of hearth.toml, for editors.",
  details: "`hearth init` names it in the first line of the file it writes, so that editors complete and check it.",
  examples: [
    "hearth config schema > hearth.schema.json",
    "hearth config schema | jq '.properties.daemon.properties | keys'",
  ],
  seeAlso: ["init", "config check", "help config"],
  async run({ output }) {
    const text = readFileSync(configSchemaFile(), "utf8");
    output.result(JSON.parse(text) as unknown, () => [text.trimEnd()]);
    return EXIT.done;
  },
});
