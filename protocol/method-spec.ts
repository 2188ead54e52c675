// The shape of a row of the method table, with the parts that many rows share.
import * as v from "valibot";
import type { ErrorKind } from "./errors.js";
import { AgentName, Flag, oneOf, table } from "./schema.js";

/**
 * Who may call a method: `anyone` before attaching; `attached` any role; `operator`; `permitted` the operator, and an
 * agent for itself or for those its definition lets it control; `self` the operator, and an agent about itself;
 * `agent` an attached agent about itself.
 */
export type Access = "anyone" | "attached" | "operator" | "permitted" | "self" | "agent";

/** One row of the method table. */
export interface MethodSpec {
  /** One sentence, for documentation. */
  readonly summary: string;
  readonly access: Access;
  readonly params: v.GenericSchema;
  readonly result: v.GenericSchema;
  /** Kinds of errors beside those any method can give. */
  readonly errors: readonly ErrorKind[];
  readonly example: { readonly params: object; readonly result: unknown };
}

/** Some rows of it, by name. */
export type MethodRows = Readonly<Record<string, MethodSpec>>;

export const Nothing = table({});
export const Done = v.object({});
export const OneAgent = table({ agent: AgentName });

/** Which of an agent's files is meant, where it has more than its log. */
export const Stream = v.optional(
  v.pipe(
    oneOf(["stderr"]),
    v.description('"stderr": the file of its own that an agent\'s stderr goes to, instead of its log.'),
  ),
);

/** Something that is off unless asked for. */
export function flag(description: string) {
  return v.optional(v.pipe(Flag, v.description(description)), false);
}

/** Something that is on unless refused. */
export function flagOn(description: string) {
  return v.optional(v.pipe(Flag, v.description(description)), true);
}
