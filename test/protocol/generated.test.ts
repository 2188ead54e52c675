// The promises of what is generated or repeated: it is never out of date, and light clients stay light.
import { readFileSync } from "node:fs";
import { build } from "esbuild";
import { expect, expectTypeOf, test } from "vitest";
import type * as plain from "../../protocol/calls.js";
import type { EventData, EventType, Notification, NotificationName } from "../../protocol/events.js";
import type { MethodName, Params, Result } from "../../protocol/methods.js";
import { DAEMON_VERSION } from "../../protocol/version.js";
import { buildOpenRpc } from "../../scripts/openrpc.js";
import { plainTypes } from "../../scripts/plain-types.js";
import { fillTables } from "../../scripts/protocol-tables.js";
import { words } from "../../scripts/words.js";

const read = (file: string) => readFileSync(new URL(`../../${file}`, import.meta.url), "utf8");

interface OpenRpcDocument {
  readonly methods: readonly { readonly name: string; readonly errors: readonly { readonly $ref: string }[] }[];
  readonly components: Record<"errors" | "schemas", Record<string, unknown>>;
}

test("openrpc.json is what the method table says (else run `npm run generate`)", () => {
  expect(read("protocol/openrpc.json")).toBe(`${JSON.stringify(buildOpenRpc(), null, 2)}\n`);
});

test("calls.ts is what openrpc.json says (else run `npm run generate`)", () => {
  expect(read("protocol/calls.ts")).toBe(plainTypes(buildOpenRpc()));
});

test("words.ts is what openrpc.json says (else run `npm run generate`)", () => {
  expect(read("protocol/words.ts")).toBe(words(buildOpenRpc()));
});

test("the plain types say what the schemas say; the compiler tells where not", () => {
  type Same<A, B> = [A, B] extends [B, A] ? never : "differs";
  expectTypeOf<{ [M in MethodName]: Same<Params<M>, plain.Params<M>> }[plain.MethodName]>().toBeNever();
  expectTypeOf<{ [M in MethodName]: Same<Result<M>, plain.Result<M>> }[plain.MethodName]>().toBeNever();
  expectTypeOf<
    { [N in NotificationName]: Same<Notification<N>, plain.Notification<N>> }[plain.NotificationName]
  >().toBeNever();
  expectTypeOf<{ [T in EventType]: Same<EventData<T>, plain.Events[T]> }[plain.EventType]>().toBeNever();
});

test("the tables of the README are what the method table says (else run `npm run generate`)", () => {
  const readme = read("protocol/README.md");
  expect(fillTables(readme)).toBe(readme);
});

test("every reference in openrpc.json leads somewhere", () => {
  const text = read("protocol/openrpc.json");
  const { components } = JSON.parse(text) as OpenRpcDocument;
  const references = [...text.matchAll(/"\$ref": "#\/components\/(errors|schemas)\/([^"]+)"/g)];
  expect(references.length).toBe(text.split('"$ref"').length - 1);
  for (const [, section, name] of references) {
    expect(components[section as "errors" | "schemas"]).toHaveProperty([name ?? ""]);
  }
});

test("the example in the README has the length it claims", () => {
  const readme = read("protocol/README.md");
  const [, first = ""] = /^> (\{.*"system\.attach".*\})$/m.exec(readme) ?? [];
  expect(readme).toContain(`Content-Length: ${Buffer.byteLength(first)}\n`);
});

test("the version is the package's", () => {
  expect(DAEMON_VERSION).toBe(JSON.parse(read("package.json")).version);
});

test("what the light client takes from here brings no schema library along", async () => {
  const light = [
    ...["address", "descriptor", "errors", "framing", "names", "poke-route", "poke-text", "signals", "suggest", "time"],
    ...["units", "utf8", "version", "words"],
  ];
  const { metafile } = await build({
    entryPoints: light.map((name) => `protocol/${name}.ts`),
    bundle: true,
    write: false,
    outdir: "out",
    platform: "node",
    metafile: true,
  });
  expect(Object.keys(metafile.inputs).filter((file) => !file.startsWith("protocol/"))).toEqual([]);
  expect(metafile.inputs).not.toHaveProperty(["protocol/schema.ts"]);
});
