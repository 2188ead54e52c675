// The promises of openrpc.json: it is an OpenRPC document, and everything a client must know of a method is in it.
import { createRequire } from "node:module";
import { Ajv, type ValidateFunction } from "ajv";
import { expect, test } from "vitest";
import { EVENT_TYPES, notifications } from "../../protocol/events.js";
import { type MethodName, methods } from "../../protocol/methods.js";
import document from "../../protocol/openrpc.json" with { type: "json" };
import { Published, type PublishedDocument } from "../support/published.js";

const published = new Published(document as unknown as PublishedDocument);
const names = Object.keys(methods) as MethodName[];

/** The meta-schema refers to JSON Schema's by an address of its own; the validator has the same under its usual one. */
function compileMetaSchema(): ValidateFunction {
  const { openrpcDocument } = createRequire(import.meta.url)("@open-rpc/meta-schema") as { openrpcDocument: object };
  const { $schema: _, ...metaSchema } = JSON.parse(
    JSON.stringify(openrpcDocument)
      .replace(
        '"$ref":"https://meta.json-schema.tools/#/definitions/JSONSchemaObject/properties/$ref"',
        '"type":"string"',
      )
      .replaceAll('"$ref":"https://meta.json-schema.tools"', '"$ref":"http://json-schema.org/draft-07/schema"'),
  );
  const formats = { uri: true, "uri-reference": true, regex: true } as const;
  return new Ajv({ strict: false, formats }).compile(metaSchema);
}

test("it is valid against the OpenRPC meta-schema", () => {
  const validate = compileMetaSchema();
  validate(document);
  expect(validate.errors).toBeNull();
});

test.each([
  ["without methods", { ...document, methods: undefined }],
  ["with a method that has no params", { ...document, methods: [{ name: "system.ping" }] }],
  ["with a schema that is none", { ...document, components: { schemas: { AgentStatus: { type: "table" } } } }],
  ["with a field that OpenRPC does not have", { ...document, notifications: [] }],
])("a document %s would not be", (_what, wrong) => {
  expect(compileMetaSchema()(JSON.parse(JSON.stringify(wrong)))).toBe(false);
});

test("it describes every method, every notification and every event, and no others", () => {
  expect(published.methods).toEqual(names);
  expect(document["x-notifications"].map(({ name }) => name)).toEqual(Object.keys(notifications));
  expect(Object.keys(document["x-events"])).toEqual(EVENT_TYPES);
});

test.each(document.methods)(
  "$name has a summary, schemas that are no blank cheque, errors, and one example",
  (method) => {
    const { name, summary, params, result, errors, examples } = method;
    expect(summary).toMatch(/\.$/);
    for (const param of params) expect(Object.keys(param.schema), param.name).not.toEqual([]);
    expect(Object.keys(result.schema)).not.toEqual([]);
    expect(errors.length).toBeGreaterThan(0);
    expect(examples).toHaveLength(1);
    expect(published.inParams(name, published.exampleParams(name))).toEqual([]);
    expect(published.inResult(name, published.exampleResult(name))).toEqual([]);
  },
);
