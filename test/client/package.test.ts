// The package as somebody gets it: packed, unpacked where there is nothing else, imported, and compiled against.
import { execFile } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import { builtinModules } from "node:module";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { HEARTHD, newHome } from "../support/daemon.js";
import { eventually } from "../support/deadline.js";
import { isRunning } from "../support/processes.js";

const root = resolve(import.meta.dirname, "../..");
const tsc = join(root, "node_modules/typescript/bin/tsc");
const client = join(dirname(HEARTHD), "client.js");

const MAX_CLIENT_BYTES = 40_000;

let shelf: string;
/** The package, as a file. */
let packed: string;
let project: string;

beforeAll(async () => {
  shelf = mkdtempSync(join(tmpdir(), "hearth-package-"));
  const pack = ["pack", "--ignore-scripts", "--json", "--pack-destination", shelf];
  const { stdout } = await promisify(execFile)("npm", pack, { cwd: root, maxBuffer: 16 * 1024 * 1024 });
  const [{ filename }] = JSON.parse(stdout) as [{ filename: string }];
  packed = join(shelf, filename);
});
afterAll(() => rmSync(shelf, { recursive: true, force: true }));

/** An empty project that has this package and nothing else. */
beforeEach(async () => {
  project = newHome("project-");
  const installed = join(project, "node_modules/hearthd");
  mkdirSync(installed, { recursive: true });
  await run("tar", "-xzf", packed, "-C", installed, "--strip-components=1");
  writeFileSync(join(project, "package.json"), JSON.stringify({ type: "module", private: true }));
});

/** What a program prints; it fails with what it said. */
async function run(program: string, ...args: readonly string[]): Promise<string> {
  const ran = promisify(execFile)(program, args, { cwd: project, env: { ...process.env, HEARTH_HOME: project } });
  const { stdout } = await ran.catch((error: { stdout: string; stderr: string }) => {
    throw new Error(`${program} failed:\n${error.stdout}${error.stderr}`);
  });
  return stdout;
}

test("a program imports connect, starts a daemon, calls it, hears it and ends it", async () => {
  const program = join(project, "program.mjs");
  writeFileSync(
    program,
    `import { connect } from "hearthd/client";
     const hearth = await connect({ autostart: true });
     const events = await hearth.subscribe({ types: ["agent.added"] });
     await hearth.call("agent.add", { name: "sleeper", command: ["sleep", "600"] });
     for await (const { params } of events) { console.log(params.type, params.agent); break; }
     const { pid } = await hearth.call("daemon.status", {});
     await hearth.call("daemon.shutdown", {});
     await hearth.close();
     console.log(pid);`,
  );
  const [heard, pid] = (await run(process.execPath, program)).split("\n");
  expect(heard).toBe("agent.added sleeper");
  await eventually(() => !isRunning(Number(pid)), "the daemon has ended");
});

test.each([
  ["nodenext", "nodenext"],
  ["esnext", "bundler"],
])("its types compile with module %s and moduleResolution %s, and refuse what is wrong", async (module, resolution) => {
  const types = readFileSync(join(import.meta.dirname, "types.ts"), "utf8");
  writeFileSync(join(project, "types.ts"), types.replace("../../src/client/index.js", "hearthd/client"));
  writeFileSync(join(project, "readme.ts"), exampleInReadme());
  mkdirSync(join(project, "node_modules/@types"));
  // What every TypeScript program for Node has.
  symlinkSync(join(root, "node_modules/@types/node"), join(project, "node_modules/@types/node"));
  symlinkSync(join(root, "node_modules/undici-types"), join(project, "node_modules/undici-types"));
  const settings = ["--strict", "--noEmit", "--target", "es2022", "--lib", "es2023", "--types", "node"];
  const how = ["--ignoreConfig", "--skipLibCheck", "false", "--module", module, "--moduleResolution", resolution];
  expect(await run(process.execPath, tsc, ...settings, ...how, "types.ts", "readme.ts")).toBe("");
});

/** The program in protocol/README.md, as it was packed. */
function exampleInReadme(): string {
  const readme = readFileSync(join(project, "node_modules/hearthd/protocol/README.md"), "utf8");
  const [, program = ""] = /```js\n(import \{ connect \}.*?)```/s.exec(readme) ?? [];
  expect(program).toContain("autostart");
  return program;
}

test(`the client has less than ${MAX_CLIENT_BYTES} bytes and imports nothing but Node's own modules`, () => {
  expect(statSync(client).size).toBeLessThan(MAX_CLIENT_BYTES);
  const imports = [...readFileSync(client, "utf8").matchAll(/\b(?:from|import)\s*\(?["']([^"']+)["']/g)];
  expect(imports).not.toEqual([]);
  for (const [, specifier = ""] of imports) expect(builtinModules).toContain(specifier.replace(/^node:/, ""));
});
