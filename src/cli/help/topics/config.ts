// `hearth help config`: every key of hearth.toml, from its schema.
import schema from "../../../../protocol/hearth.schema.json" with { type: "json" };
import { type Block, code, heading, type Term, terms, text } from "../../render/page.js";
import { type ConfigKey, type ConfigSchema, configTables } from "../config-tables.js";

export function page(): Block[] {
  return [
    heading("hearth.toml"),
    text(
      "The file is TOML, in the home or beside a home named .hearth. `hearth init` writes one with comments, `hearth config check` says what is wrong with it, and `hearth daemon reload` applies what changed.",
    ),
    code(
      "[daemon]",
      'heartbeat_interval = "5m"',
      "",
      "[agents.gateway]",
      'command = "node gateway.mjs --port 8080"',
      "autostart = true",
      'ready = { output = "listening on", timeout = "1m" }',
      "",
      "[agents.gateway.restart]",
      'policy = "always"',
    ),
    text(
      'A duration has a unit, ms, s, m, h or d ("90s", "1.5h"), and so has a size: B, KB, MB, GB, KiB, MiB or GiB ("100MB"). Relative paths start where the file is. A key that does not exist is an error, which names the nearest that does.',
    ),
    ...configTables(schema as unknown as ConfigSchema).flatMap(({ name, about, keys }) => [
      heading(`[${name}]`),
      ...(about === null ? [] : [text(about, { indent: 2 })]),
      terms(keys.map(termOf)),
    ]),
  ];
}

function termOf({ key, type, otherwise, isRequired, about }: ConfigKey): Term {
  const without = isRequired ? "; required" : otherwise === null ? "" : `; default: ${otherwise}`;
  return { term: key, meaning: `${about} (${type}${without})` };
}
