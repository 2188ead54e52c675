// The published JSON Schema of hearth.toml says what the daemon's own check says, as far as JSON Schema can.
import { readdirSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { Ajv } from "ajv";
import { parse } from "smol-toml";
import { expect, it, test } from "vitest";
import schema from "../../protocol/hearth.schema.json" with { type: "json" };

const root = resolve(import.meta.dirname, "../..");
const validate = new Ajv({ strict: true, allowUnionTypes: true }).compile(schema);

function flaws(toml: string): unknown[] {
  validate(parse(toml));
  return validate.errors ?? [];
}

test.each(readdirSync(join(root, "examples")))("the definitions of the example %s are right", (example) => {
  expect(flaws(readFileSync(join(root, "examples", example, "hearth.toml"), "utf8"))).toEqual([]);
});

it.each([
  ["an unknown key", 'agents.a = { command = "x", comand = "y" }'],
  ["an unknown table", "[deamon]"],
  ["a missing command", "[agents.a]\nautostart = true"],
  ["a wrong type", 'agents.a = { command = "x", autostart = "yes" }'],
  ["a bare number for a duration", "daemon.heartbeat_interval = 60"],
  ["a policy that there is not", 'agents.a = { command = "x", restart = { policy = "sometimes" } }'],
  ["a number out of bounds", "daemon.log_max_files = -1"],
  ["a name that no agent can have", 'agents."a b" = { command = "x" }'],
  ["a variable that is no text", 'agents.a = { command = "x", env = { PORT = 80 } }'],
])("%s is marked in an editor", (_what, toml) => {
  expect(flaws(toml)).not.toEqual([]);
});
