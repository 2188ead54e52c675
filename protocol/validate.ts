// The check of what comes in against its schema, with words that name the field.
import * as v from "valibot";
import { invalidParams } from "./errors.js";
import { type CheckedParams, type MethodName, methods } from "./methods.js";

/** One thing that is wrong: where (keys and indexes from the top) and why. */
export interface Flaw {
  readonly path: readonly (string | number)[];
  readonly why: string;
}

/** A value that fits its schema, or all that is wrong with it. */
export type Checked<T> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly flaws: readonly Flaw[] };

/** Checks a value; never throws. */
export function check<S extends v.GenericSchema>(schema: S, value: unknown): Checked<v.InferOutput<S>> {
  const { success, output, issues } = v.safeParse(schema, value);
  if (success) return { ok: true, value: output };
  return { ok: false, flaws: (issues as readonly v.BaseIssue<unknown>[]).map(toFlaw) };
}

/**
 * The params of a method, checked and completed; omitted params are {}.
 * @throws HearthError `invalid-params`, naming the first field that is wrong.
 */
export function checkParams<M extends MethodName>(method: M, params: unknown): CheckedParams<M> {
  if (Array.isArray(params))
    throw invalidParams(
      "params are passed by name",
      'Send an object, such as {"agent": "gateway"}; `hearth rpc rpc.discover` has an example of each.',
    );
  return params === undefined ? omittedParams(method) : checkedParams(method, params);
}

function checkedParams<M extends MethodName>(method: M, params: unknown): CheckedParams<M> {
  const checked = check(methods[method].params, params);
  if (!checked.ok) throw invalidParams(checked.flaws.slice(0, 1).map(formatFlaw).join());
  return checked.value as CheckedParams<M>;
}

/** What omitted params come to is the same each time, and the frequent calls are those without any. */
const omitted = new Map<MethodName, object>();

function omittedParams<M extends MethodName>(method: M): CheckedParams<M> {
  const known = omitted.get(method) ?? Object.freeze(checkedParams(method, {}));
  omitted.set(method, known);
  return known as CheckedParams<M>;
}

/** A flaw in one line: `stop.grace: a duration needs a unit`. */
export function formatFlaw({ path, why }: Flaw): string {
  return path.length === 0 ? why : `${path.join(".")}: ${why}`;
}

function toFlaw(issue: v.BaseIssue<unknown>): Flaw {
  const path = (issue.path ?? []).map(({ key }) => (typeof key === "number" ? key : String(key)));
  return { path, why: issue.message };
}
