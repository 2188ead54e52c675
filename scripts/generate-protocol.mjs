// Writes protocol/openrpc.json, what is made from it and the schema of hearth.toml; with --check it only tells whether they are current.
import { readFile, writeFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const root = fileURLToPath(new URL("..", import.meta.url));
const checkOnly = process.argv.includes("--check");

const { buildConfigSchema, buildOpenRpc, fillTables, plainTypes, words } = await loadBuilders();
const stale = [
  await update("protocol/openrpc.json", () => `${JSON.stringify(buildOpenRpc(), null, 2)}\n`),
  await update("protocol/hearth.schema.json", () => `${JSON.stringify(buildConfigSchema(), null, 2)}\n`),
  await update("protocol/calls.ts", () => plainTypes(buildOpenRpc())),
  await update("protocol/words.ts", () => words(buildOpenRpc())),
  await update("protocol/README.md", fillTables),
].flat();
if (checkOnly && stale.length > 0) {
  console.error(`${stale.join(", ")} out of date: run \`npm run generate\``);
  process.exitCode = 1;
}

/** The builders are TypeScript, so they are bundled in memory to be imported. */
async function loadBuilders() {
  const contents = ["config-schema", "openrpc", "plain-types", "protocol-tables", "words"]
    .map((name) => `export * from "./scripts/${name}.ts";`)
    .join("");
  const bundle = await build({
    stdin: { contents, resolveDir: root },
    bundle: true,
    write: false,
    format: "esm",
    platform: "node",
    target: "node20",
  });
  const source = Buffer.from(bundle.outputFiles[0].contents).toString("base64");
  return await import(`data:text/javascript;base64,${source}`);
}

/** Returns the file's name when it was not current, and rewrites it unless only checking. */
async function update(file, generate) {
  const before = await readFile(root + file, "utf8").catch(() => "");
  const after = generate(before);
  if (after === before) return [];
  if (!checkOnly) await writeFile(root + file, after);
  return [file];
}
