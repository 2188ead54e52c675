// Writes the types of every call and notification from the OpenRPC document, so that using them takes no schema library.
import type { Schema } from "./json-schema.js";
import type { OpenRpc, Parameter } from "./openrpc.js";

const HEAD = `// What each method takes and answers, and what comes unasked, in plain types: made by \`npm run generate\`, never edited.
// biome-ignore-all format: its lines are as long as they need to be`;

const TAIL = `export type MethodName = keyof Methods;

/** What a caller sends. */
export type Params<M extends MethodName> = Methods[M]["params"];

/** What a caller gets. */
export type Result<M extends MethodName> = Methods[M]["result"];

export type NotificationName = keyof Notifications;
export type Notification<N extends NotificationName> = Notifications[N];

export type EventType = keyof Events;

/** The params of an \`event\`: its \`type\` tells what \`data\` is. A newer daemon may send types that are not here. */
export type Happening = {
  [T in EventType]: Omit<Notification<"event">, "type" | "data"> & { type: T; data: Events[T] };
}[EventType];`;

/** One field of an object type, or one member of an interface. */
interface Member {
  readonly name: string;
  readonly schema: string;
  readonly isOptional?: boolean;
  /** Its doc comment. */
  readonly about?: string | undefined;
}

/** The text of protocol/calls.ts. */
export function plainTypes({ methods, components, ...document }: OpenRpc): string {
  const shared = Object.entries(components.schemas).map(([name, schema]) => declare(name, schema));
  const calls = methods.map(({ name, summary, params, result }) => {
    const call = [
      { name: "params", schema: typeOfParams(params, "    ") },
      { name: "result", schema: typeOf(result.schema, "    ") },
    ];
    return { name, about: summary, schema: block(call, "  ") };
  });
  const notifications = document["x-notifications"].map(({ name, summary, params }) => ({
    name,
    about: summary,
    schema: typeOfParams(params, "  "),
  }));
  const events = Object.entries(document["x-events"]).map(([name, schema]) => ({ name, schema: typeOf(schema, "  ") }));
  const declarations = [
    ...shared,
    `/** Every method by its name. */\nexport interface Methods ${block(calls, "")}`,
    `/** The params of what the daemon sends unasked, by its method. */\nexport interface Notifications ${block(notifications, "")}`,
    `/** The \`data\` of each type of event. */\nexport interface Events ${block(events, "")}`,
  ];
  return `${[HEAD, ...declarations, TAIL].join("\n\n")}\n`;
}

function declare(name: string, schema: Schema): string {
  return `export interface ${name} ${typeOf(schema, "")}`;
}

function typeOfParams(params: readonly Parameter[], indent: string): string {
  if (params.length === 0) return "Record<string, never>";
  return block(params.map(memberOf(indent)), indent);
}

function memberOf(indent: string): (parameter: Parameter) => Member {
  return ({ name, required, schema }) => ({
    name,
    isOptional: !required,
    about: aboutOf(schema),
    schema: typeOf(schema, `${indent}  `),
  });
}

/** What a field means, and what holds without it. */
function aboutOf({ description, default: otherwise }: Schema): string | undefined {
  return otherwise === undefined ? description : `${description} Default: ${JSON.stringify(otherwise)}.`;
}

/** The type that a schema describes; `indent` is where the line it stands in begins. */
function typeOf(schema: Schema, indent: string): string {
  const { $ref, const: only, enum: words, anyOf, type, items } = schema;
  if ($ref !== undefined) return $ref.slice($ref.lastIndexOf("/") + 1);
  if (only !== undefined) return JSON.stringify(only);
  if (words !== undefined) return words.map((word) => JSON.stringify(word)).join(" | ");
  if (anyOf !== undefined) return anyOf.map((each) => typeOf(each, indent)).join(" | ");
  if (type === "array") return arrayOf(typeOf(items ?? {}, indent));
  if (type === "object") return typeOfObject(schema, indent);
  return type === "integer" ? "number" : String(type ?? "unknown");
}

function typeOfObject({ properties = {}, required = [], additionalProperties }: Schema, indent: string): string {
  const fields = Object.entries(properties).map(([name, schema]) => ({
    name,
    schema,
    required: required.includes(name),
  }));
  if (fields.length > 0) return block(fields.map(memberOf(indent)), indent);
  return `Record<string, ${additionalProperties ? typeOf(additionalProperties, indent) : "unknown"}>`;
}

function block(members: readonly Member[], indent: string): string {
  const lines = members.flatMap(({ name, schema, isOptional = false, about }) => [
    ...(about === undefined ? [] : [`${indent}  /** ${about} */`]),
    // A caller whose compiler has `exactOptionalPropertyTypes` may pass on what it does not have, too.
    `${indent}  ${nameOf(name)}${isOptional ? "?" : ""}: ${schema}${isOptional ? " | undefined" : ""};`,
  ]);
  return `{\n${lines.join("\n")}\n${indent}}`;
}

function nameOf(name: string): string {
  return /^[A-Za-z]\w*$/.test(name) ? name : JSON.stringify(name);
}

function arrayOf(item: string): string {
  return item.includes(" | ") ? `Array<${item}>` : `${item}[]`;
}
