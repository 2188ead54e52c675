// What `hearth init` makes of a project: each source gives agents that Hearth accepts, and the first one that has any wins.
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { findAgents, projectIn, type Search } from "../../../src/cli/init/find.js";
import { hearthToml } from "../../../src/cli/init/hearth-toml.js";
import { named } from "../../../src/cli/init/proposal.js";
import type { TomlValue } from "../../../src/cli/init/toml.js";
import { parseConfig } from "../../../src/config/load.js";

let directory: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "hearth-init-"));
});
afterEach(() => rmSync(directory, { recursive: true }));

const SCHEMA = { schema: "file:///hearth.schema.json" };

function search(files: Readonly<Record<string, string>>): Search {
  for (const [name, text] of Object.entries(files)) writeFileSync(join(directory, name), text);
  return findAgents(projectIn(directory));
}

/** The agents of the file that would be written, as the daemon reads it. */
async function agents(files: Readonly<Record<string, string>>) {
  const { findings } = search(files);
  return (await parseConfig(hearthToml(findings, SCHEMA), join(directory, "hearth.toml"))).agents;
}

async function commands(files: Readonly<Record<string, string>>) {
  return Object.fromEntries([...(await agents(files)).values()].map(({ name, command }) => [name, command]));
}

const ECOSYSTEM = `
const { join } = require("node:path");
console.log("a program may print what it likes");
module.exports = { apps: [
  { name: "api", script: "./server.js", args: ["--port", 80], node_args: "--enable-source-maps", cwd: join(__dirname, "api"),
    env: { PORT: 3000 }, instances: 2, max_memory_restart: "300M", cron_restart: "0 4 * * *", watch: ["src"], kill_timeout: 3000,
    max_restarts: 5, restart_delay: 250, error_file: "api.err" },
  { name: "once", script: "job.py", autorestart: false },
  { script: "npm", args: "run worker" },
] };`;

describe("a pm2 ecosystem file", () => {
  it("gives its apps with all that has a counterpart, and names what has none", async () => {
    const found = await agents({ "ecosystem.config.cjs": ECOSYSTEM });
    expect(found.get("api")).toMatchObject({
      command: ["node", "--enable-source-maps", "./server.js", "--port", "80"],
      cwd: join(directory, "api"),
      env: { PORT: "3000" },
      autostart: true,
      restart: { policy: "always", maxAttempts: 5, backoffMs: 250 },
      stop: { graceMs: 3000 },
    });
    expect(found.get("once")).toMatchObject({ command: ["python3", "job.py"], restart: { policy: "never" } });
    expect(found.get("npm")).toMatchObject({ command: ["npm", "run", "worker"] });
    expect(hearthToml(search({}).findings, SCHEMA)).toContain("# Not carried over: instances.");
  });

  it.each([
    ['--port 80 "x y"', ["--port", "80", "x y"]],
    ['\'it is "so"\'  "" it\'s', ['it is "so"', "it's"]],
    [`--name="x y" --of='a b'`, ['--name="x y"', "--of='a b'"]],
  ])("keeps words in quotes together where arguments are a text, as pm2 does: %s", async (args, words) => {
    const apps = [{ name: "api", script: "s.js", args, node_args: args }];
    expect(await commands({ "pm2.json": JSON.stringify({ apps }) })).toEqual({
      api: ["node", ...words, "s.js", ...words],
    });
  });

  it("watches what its app watches, and leaves out what that leaves out", async () => {
    const apps = [
      { name: "all", script: "npm start", watch: true, ignore_watch: ["node_modules", "tmp/*"] },
      { name: "some", script: "npm start", watch: "src", ignore_watch: "out" },
      { name: "none", script: "npm start", ignore_watch: ["out"] },
    ];
    const found = await agents({ "pm2.json": JSON.stringify({ apps }) });
    const paths = [join(directory, "src")];
    expect(found.get("all")?.watch).toMatchObject({ ignore: ["node_modules", join(directory, "tmp/*")] });
    expect(found.get("some")?.watch).toMatchObject({ paths, ignore: ["out"] });
    expect(found.get("none")?.watch).toBeNull();
  });

  it("names what it leaves out by a regular expression, which hearth.toml has none of", () => {
    const apps = `[{ name: "api", script: "npm start", watch: true, ignore_watch: [/out/] }]`;
    const { findings } = search({ "ecosystem.config.cjs": `module.exports = { apps: ${apps} };` });
    expect(hearthToml(findings, SCHEMA)).toContain("# Not carried over: ignore_watch.");
  });

  it("may say things by pm2's other names for them; what is lost is named as it is written there", async () => {
    const files = { output: "o.log", out: "o.log", log: "l.log", error: "e.err" };
    const apps = [
      { name: "api", exec: "s.js", interpreterArgs: "--inspect", killTimeout: 3000, ...files },
      { name: "cmd", cmd: "npm start", err: "c.err" },
      { name: "command", command: "npm start", err_log: "d.err" },
      { name: "both", exec: "other.js", script: "s.js", errorFile: "b.err" },
    ];
    const found = await agents({ "pm2.json": JSON.stringify({ apps }) });
    const stderr = (name: string) => ({ stderr: { kind: "path", path: join(directory, name) } });
    const command = ["node", "--inspect", "s.js"];
    expect(found.get("api")).toMatchObject({ command, stop: { graceMs: 3000 }, ...stderr("e.err") });
    expect(found.get("cmd")).toMatchObject({ command: ["npm", "start"], ...stderr("c.err") });
    expect(found.get("command")).toMatchObject({ command: ["npm", "start"], ...stderr("d.err") });
    expect(found.get("both")).toMatchObject({ command: ["node", "s.js"], ...stderr("b.err") });
    const remarks = hearthToml(search({}).findings, SCHEMA).match(/^# Not carried over.*$/gm);
    expect(remarks).toEqual(["# Not carried over: output, out, log."]);
  });

  it("names the apps of which nothing can be taken, and says why", () => {
    const apps = [{ name: "worker" }, { script: "s.js" }, { script: 3 }, null, "s.js"];
    const { findings, troubles } = search({ "pm2.json": JSON.stringify({ apps }) });
    expect(findings?.agents.map(({ name }) => name)).toEqual(["s"]);
    expect(troubles).toEqual([
      'left out of pm2.json: "worker" has no script, app 3 has no script, app 4 is no object, app 5 is no object',
    ]);
  });

  it.each(["null", "{}", '{"apps": []}', "[]", "3"])("that says %s tells of no apps", (text) => {
    expect(search({ "pm2.json": text }).troubles).toEqual([expect.stringContaining("pm2.json tells of no apps")]);
  });

  it("may have its numbers as text, which pm2 takes", async () => {
    const numbers = { kill_timeout: "3000", restart_delay: "100", max_restarts: "5", max_memory_restart: "314572800" };
    const apps = [{ name: "api", script: "npm start", ...numbers }];
    const found = await agents({ "pm2.json": JSON.stringify({ apps }) });
    expect(found.get("api")).toMatchObject({
      stop: { graceMs: 3000 },
      restart: { backoffMs: 100, maxAttempts: 5 },
      maxMemoryBytes: 314572800,
    });
    expect(hearthToml(search({}).findings, SCHEMA)).not.toContain("Not carried over");
  });

  it.each([
    ["kill_timeout", "3s"],
    ["max_restarts", "2.5"],
    ["restart_delay", -1],
    ["exp_backoff_restart_delay", [100]],
    ["max_memory_restart", "much"],
    ["autorestart", "false"],
    ["autostart", "no"],
    ["args", 80],
    ["interpreter_args", {}],
    ["interpreter", true],
    ["cwd", 3],
    ["env", "PORT=80"],
    ["env_file", true],
    ["cron_restart", 5],
    ["watch", [3]],
    ["error_file", {}],
    ["name", 3],
  ])("names what is not what it should be: %s of %o", async (key, value) => {
    const files = { "pm2.json": JSON.stringify({ apps: [{ script: "npm start", [key]: value }] }) };
    expect(await commands(files)).toEqual({ npm: ["npm", "start"] });
    expect(hearthToml(search({}).findings, SCHEMA)).toContain(`# Not carried over: ${key}.`);
  });

  it("names a number of a program that JSON has no word for", () => {
    const apps = `[{ script: "npm start", max_restarts: Infinity }]`;
    const { findings } = search({ "ecosystem.config.cjs": `module.exports = { apps: ${apps} };` });
    expect(hearthToml(findings, SCHEMA)).toContain("# Not carried over: max_restarts.");
  });

  it("names the variables whose values are no text", async () => {
    const apps = [{ name: "api", script: "npm start", env: { PORT: 80, DEEP: {}, NONE: null } }];
    expect((await agents({ "pm2.json": JSON.stringify({ apps }) })).get("api")?.env).toEqual({ PORT: "80" });
    expect(hearthToml(search({}).findings, SCHEMA)).toContain("# Not carried over: env.DEEP, env.NONE.");
  });

  it("is only read: a program that would write or start something gives nothing, and that is said", () => {
    const harmful = `require("node:fs").writeFileSync(__dirname + "/harm", ""); ${ECOSYSTEM}`;
    const { findings, troubles } = search({ "ecosystem.config.cjs": harmful, Procfile: "web: node web.js" });
    expect([findings?.source, troubles.length, projectIn(directory).names.has("harm")]).toEqual(["Procfile", 1, false]);
  });
});

describe("a Procfile", () => {
  it("gives an agent for each process type; a shell is used for what only a shell understands", async () => {
    const Procfile = "# comment\nweb: node web.js --port $PORT\nworker: python3 worker.py\nrelease: ./migrate\n";
    expect(await commands({ Procfile })).toEqual({
      web: ["sh", "-c", "node web.js --port $PORT"],
      worker: ["python3", "worker.py"],
    });
  });
});

describe("a package.json", () => {
  it("gives what serves, under the package's name; what is for developers is there to be switched on", async () => {
    const scripts = { start: "node server.js", dev: "vite", "start:worker": "tsx worker.ts", test: "vitest" };
    const files = { "package.json": JSON.stringify({ name: "@shop/api", scripts }), "pnpm-lock.yaml": "" };
    expect(await commands(files)).toEqual({
      api: ["node", "server.js"],
      "start-worker": ["pnpm", "run", "start:worker"],
    });
    expect(hearthToml(search({}).findings, SCHEMA)).toContain('# [agents.dev]\n# command = "pnpm run dev"');
  });

  it("with nothing but a script for developers gives that", async () => {
    const scripts = { dev: "vite", predev: "true" };
    expect(await commands({ "package.json": JSON.stringify({ scripts }) })).toEqual({ dev: ["npm", "run", "dev"] });
  });

  it("begins with a byte order mark or without", async () => {
    const text = JSON.stringify({ scripts: { serve: "node s.js" } });
    expect(await commands({ "package.json": `\uFEFF${text}` })).toEqual({ serve: ["node", "s.js"] });
  });

  it.each(["", "[]", "{", '{"scripts": 3}', '{"scripts": {"start": null}}'])("that says %j gives nothing", (text) => {
    expect(search({ "package.json": text }).findings).toBeNull();
  });
});

describe("a project that lists nothing", () => {
  it.each([
    [{ "main.py": "" }, ["python3", "main.py"]],
    [{ "main.py": "", "uv.lock": "" }, ["uv", "run", "python3", "main.py"]],
    [{ "package.json": '{"main": "lib.js"}', "lib.js": "" }, ["node", "lib.js"]],
    [{ "package.json": '{"main": "gone.js"}', "index.mjs": "" }, ["node", "index.mjs"]],
  ])("is guessed from its files: %o", async (files, command) => {
    const name = basename(directory);
    expect(await commands(files as Record<string, string>)).toEqual({ [name]: command });
  });

  it("gives no agent when there is nothing to guess from", () => {
    expect(search({ "notes.txt": "" }).findings).toBeNull();
  });
});

it("whatever a source calls its agents and says of them, the file is right and says the same", async () => {
  const text = fc
    .string({ unit: "binary", minLength: 1, maxLength: 30 })
    .filter((value) => !/[\0\ud800-\udfff]/.test(value));
  const found = fc.record({
    name: fc.oneof(text, fc.constantFrom("daemon", "web", "web/", "a/b", "x".repeat(200))),
    settings: fc.record({ command: fc.array(text, { minLength: 1, maxLength: 3 }), env: fc.dictionary(text, text) }),
    remarks: fc.array(text, { maxLength: 2 }),
  });
  const usable = found.filter(({ settings }) =>
    Object.keys(settings.env).every(
      (name) => !name.includes("=") && !["__proto__", "prototype", "constructor"].includes(name),
    ),
  );
  await fc.assert(
    fc.asyncProperty(fc.array(usable, { maxLength: 5 }), async (agents) => {
      const written = named(agents as { name: string; settings: Record<string, TomlValue>; remarks: string[] }[]);
      const config = await parseConfig(hearthToml({ source: "x", agents: written }, SCHEMA), "/project/hearth.toml");
      const read = [...config.agents.values()].map(({ command, env }) => ({ command, env }));
      expect(read).toEqual(agents.map(({ settings }) => settings));
    }),
  );
});
