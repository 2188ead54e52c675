// The schemas that the daemon publishes about itself, ready to hold what it says against them.
import { Ajv, type ValidateFunction } from "ajv";
import type { Schema } from "../../scripts/json-schema.js";
import type { OpenRpc, Parameter } from "../../scripts/openrpc.js";

/** A document as it comes from `rpc.discover`: more of it than its own makers look at. */
export interface PublishedDocument extends OpenRpc {
  readonly methods: readonly (OpenRpc["methods"][number] & {
    readonly errors: readonly { readonly $ref: string }[];
    readonly examples: readonly PublishedExample[];
  })[];
}

interface PublishedExample {
  readonly params: readonly { readonly name: string; readonly value: unknown }[];
  readonly result: { readonly value: unknown };
}

/** What is wrong with a value, in words; an empty list when nothing is. */
export type Flaws = readonly string[];

const DOCUMENT = "openrpc.json";

/** Looks at values with the eyes of a client that has read the document and nothing else. */
export class Published {
  readonly #ajv = new Ajv({ strict: false, formats: { "date-time": isTimestamp }, allErrors: true });
  readonly #validators = new Map<string, ValidateFunction>();

  constructor(readonly document: PublishedDocument) {
    this.#ajv.addSchema(closed(document) as object, DOCUMENT);
  }

  get methods(): readonly string[] {
    return this.document.methods.map(({ name }) => name);
  }

  /** The params of a method's example, by name. */
  exampleParams(method: string): Record<string, unknown> {
    return byName(this.#method(method).examples[0]?.params ?? []);
  }

  exampleResult(method: string): unknown {
    return this.#method(method).examples[0]?.result.value;
  }

  inParams(method: string, params: unknown): Flaws {
    return this.#flaws(`params of ${method}`, () => schemaOf(this.#method(method).params), params);
  }

  inResult(method: string, result: unknown): Flaws {
    return this.#flaws(`result of ${method}`, () => this.#method(method).result.schema, result);
  }

  /** Of a notification, and of the event in it. */
  inNotification(method: string, params: unknown): Flaws {
    const known = this.document["x-notifications"].find(({ name }) => name === method);
    if (known === undefined) return [`the notification ${method} is not published`];
    const flaws = this.#flaws(`notification ${method}`, () => schemaOf(known.params), params);
    if (method !== "event" || flaws.length > 0) return flaws;
    const { type, data } = params as { readonly type: string; readonly data: unknown };
    const event = this.document["x-events"][type];
    return event === undefined
      ? [`the event ${type} is not published`]
      : this.#flaws(`event ${type}`, () => event, data);
  }

  #method(method: string): PublishedDocument["methods"][number] {
    const found = this.document.methods.find(({ name }) => name === method);
    if (found === undefined) throw new Error(`${method} is not published`);
    return found;
  }

  #flaws(what: string, schema: () => Schema, value: unknown): Flaws {
    const validate = this.#validators.get(what) ?? this.#ajv.compile(relocated(closed(schema())) as object);
    this.#validators.set(what, validate);
    if (validate(value)) return [];
    return (validate.errors ?? []).map(({ instancePath, message, params }) =>
      [what, instancePath, message, JSON.stringify(params)].join(" "),
    );
  }
}

function byName(values: readonly { readonly name: string; readonly value: unknown }[]): Record<string, unknown> {
  return Object.fromEntries(values.map(({ name, value }) => [name, value]));
}

function schemaOf(params: readonly Parameter[]): Schema {
  return {
    type: "object",
    properties: Object.fromEntries(params.map(({ name, schema }) => [name, schema])),
    required: params.filter(({ required }) => required).map(({ name }) => name),
    additionalProperties: false,
  };
}

/** References of the document, seen from outside of it. */
function relocated(schema: unknown): unknown {
  return JSON.parse(JSON.stringify(schema).replaceAll('"$ref":"#/', `"$ref":"${DOCUMENT}#/`));
}

/** Clients ignore fields they don't know, but a test is to notice those that nobody published. */
function closed(schema: unknown): unknown {
  return JSON.parse(JSON.stringify(schema), (_key, value) => {
    const isClosed = value?.type === "object" && Object.keys(value.properties ?? {}).length > 0;
    return isClosed ? { additionalProperties: false, ...value } : value;
  });
}

function isTimestamp(text: string): boolean {
  return !Number.isNaN(Date.parse(text)) && new Date(text).toISOString() === text;
}
