// The hearth.toml to begin with: it changes nothing as it is written, and every line of it is right once it is meant.
import { expect, test } from "vitest";
import { hearthToml } from "../../../src/cli/init/hearth-toml.js";
import { parseConfig } from "../../../src/config/load.js";

const TEMPLATE = hearthToml(null, { schema: "file:///hearth.schema.json" });
const FILE = "/project/hearth.toml";

/** Without the marks of what can be switched on; what explains stays a comment. */
function switchedOn(): string {
  return TEMPLATE.replace(/^# (?=\[|[a-z_]+ = )/gm, "");
}

test("as it is written it defines no agent and sets nothing", async () => {
  expect(await parseConfig(TEMPLATE, FILE)).toEqual(await parseConfig("", FILE));
});

test("every setting in it is one that there is", async () => {
  const { agents } = await parseConfig(switchedOn(), FILE);
  expect([...agents.keys()]).toEqual(["gateway", "worker", "mayor"]);
});

test("where it shows a default, that is the default", async () => {
  const { agents, ...daemon } = await parseConfig(switchedOn(), FILE);
  const { agents: _, ...untouched } = await parseConfig("", FILE);
  expect(daemon).toEqual(untouched);
  const defaults = (await parseConfig('[agents.gateway]\ncommand = "node"', FILE)).agents.get("gateway");
  const { restart, stop, heartbeat } = defaults ?? {};
  expect(agents.get("gateway")).toMatchObject({ restart, stop, heartbeat });
  const { intervalMs, startupGraceMs } = heartbeat ?? {};
  expect(agents.get("mayor")?.heartbeat).toMatchObject({ intervalMs, startupGraceMs });
});

test("it shows how an agent is poked, watched, given a terminal and allowed to act on others", async () => {
  const { agents } = await parseConfig(switchedOn(), FILE);
  expect(agents.get("mayor")).toMatchObject({
    session: "tmux",
    mayControl: ["worker"],
    heartbeat: { poke: { kind: "session" }, whenMissed: 3 },
  });
});
