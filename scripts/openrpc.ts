// Builds the OpenRPC document from the method table; generate-protocol.mjs writes it down, a test compares.
import type { GenericSchema } from "valibot";
import { AgentDefinitionSchema } from "../protocol/definition.js";
import { ERRORS, type ErrorKind } from "../protocol/errors.js";
import { events, notifications } from "../protocol/events.js";
import { LifecycleRequestSchema } from "../protocol/lifecycle.js";
import { type MethodSpec, methods } from "../protocol/methods.js";
import { AgentStatusSchema, DaemonStatusSchema } from "../protocol/status.js";
import { PROTOCOL_VERSION } from "../protocol/version.js";
import { type Schema, toSchema } from "./json-schema.js";

/** Errors that any method can give, so no method lists them. */
const UNIVERSAL_ERRORS: readonly ErrorKind[] = ["invalid-params", "internal", "not-attached", "shutting-down"];

const SHARED = {
  AgentStatus: AgentStatusSchema,
  DaemonStatus: DaemonStatusSchema,
  AgentDefinition: AgentDefinitionSchema,
  LifecycleRequest: LifecycleRequestSchema,
};

export interface Parameter {
  readonly name: string;
  readonly required: boolean;
  readonly schema: Schema;
}

/** The parts of the document that others are made from. */
export interface OpenRpc {
  readonly methods: readonly {
    readonly name: string;
    readonly summary: string;
    readonly params: readonly Parameter[];
    readonly result: { readonly schema: Schema };
  }[];
  readonly components: { readonly errors: object; readonly schemas: Readonly<Record<string, Schema>> };
  readonly "x-notifications": readonly {
    readonly name: string;
    readonly summary: string;
    readonly params: readonly Parameter[];
  }[];
  readonly "x-events": Readonly<Record<string, Schema>>;
}

/** The OpenRPC 1.3 document of the whole protocol, ready for JSON.stringify. */
export function buildOpenRpc(): OpenRpc & Readonly<Record<string, unknown>> {
  return {
    openrpc: "1.3.2",
    info: {
      title: "Hearth",
      version: String(PROTOCOL_VERSION),
      description:
        "JSON-RPC 2.0 on a local socket. protocol/README.md tells how to find it, frame messages and attach.",
      license: { name: "MIT" },
    },
    methods: Object.entries<MethodSpec>(methods).map(([name, spec]) => describeMethod(name, spec)),
    components: { errors: describeErrors(), schemas: mapValues(SHARED, (schema) => toSchema(schema)) },
    "x-notifications": Object.entries(notifications).map(([name, { summary, params }]) => ({
      name,
      summary,
      params: describeParams(params),
    })),
    "x-events": mapValues(events, (schema) => toSchema(schema, SHARED)),
  };
}

function describeMethod(name: string, spec: MethodSpec) {
  return {
    name,
    summary: spec.summary,
    paramStructure: "by-name",
    params: describeParams(spec.params),
    result: { name: "result", schema: toSchema(spec.result, SHARED) },
    errors: errorsOf(spec).map((kind) => ({ $ref: `#/components/errors/${kind}` })),
    examples: [describeExample(spec.example)],
    "x-access": spec.access,
  };
}

function errorsOf({ access, errors }: MethodSpec): ErrorKind[] {
  const universal = UNIVERSAL_ERRORS.filter((kind) => access !== "anyone" || kind !== "not-attached");
  const permission: ErrorKind[] = access === "operator" ? ["not-permitted"] : [];
  return [...new Set([...universal, ...permission, ...errors])];
}

function describeParams(schema: GenericSchema): Parameter[] {
  const { properties = {}, required = [] } = toSchema(schema, SHARED);
  return Object.entries(properties).map(([name, property]) => ({
    name,
    required: required.includes(name),
    schema: property,
  }));
}

function describeExample({ params, result }: MethodSpec["example"]): Record<string, unknown> {
  return {
    name: "example",
    params: Object.entries(params).map(([name, value]) => ({ name, value })),
    result: { name: "result", value: result },
  };
}

function describeErrors(): Record<string, unknown> {
  return mapValues(ERRORS, ({ code, message, hint }, kind) => ({ code, message, data: { kind, hint } }));
}

function mapValues<T, R>(record: Readonly<Record<string, T>>, change: (value: T, key: string) => R): Record<string, R> {
  return Object.fromEntries(Object.entries(record).map(([key, value]) => [key, change(value, key)]));
}
