// Every example's hearth.toml is right as it lies there.
import { readdirSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { expect, test } from "vitest";
import { parseConfig } from "../../src/config/load.js";

const examples = resolve(import.meta.dirname, "../../examples");

test.each(readdirSync(examples))("%s defines agents that can be started", async (example) => {
  const file = join(examples, example, "hearth.toml");
  const { agents } = await parseConfig(readFileSync(file, "utf8"), file);
  expect([...agents.values()].filter(({ autostart }) => autostart)).not.toEqual([]);
});
