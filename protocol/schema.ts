// Building blocks of the schemas: tables, names, quantities and times, with messages a person can act on.
import * as v from "valibot";
import { HearthError, invalidParams } from "./errors.js";
import { parseLogPlace } from "./log-place.js";
import { GLOB_PATTERN, MAX_NAME_LENGTH, NAME_PATTERN, notAName, parseAgentGlob, parseAgentName } from "./names.js";
import { flawInPokeText, MAX_POKE_BYTES } from "./poke-text.js";
import { suggest } from "./suggest.js";
import { parseTimestamp } from "./time.js";
import { parseDurationMs, parseSizeBytes } from "./units.js";
import { codePointName, loneSurrogate, utf8Bytes } from "./utf8.js";

/** A table with these fields and no others; an unknown field is named, with the nearest that exists. */
export function table<const E extends v.ObjectEntries>(entries: E) {
  const fields = v.strictObject(entries, (issue) => aboutTable(issue, Object.keys(entries)));
  // valibot itself takes a list for a table without fields.
  const run: (typeof fields)["~run"] = (dataset, config) =>
    fields["~run"](Array.isArray(dataset.value) ? { value: "a list" } : dataset, config);
  return { ...fields, "~run": run };
}

function aboutTable(issue: v.StrictObjectIssue, fields: readonly string[]): string {
  if (issue.expected === "never") return unknownField(String(issue.input), fields);
  if (issue.expected === "Object") return `expected a table, got ${issue.received}`;
  return `the field ${issue.expected} is missing`;
}

function unknownField(name: string, fields: readonly string[]): string {
  const [nearest] = suggest(name, fields);
  const others = fields.length === 0 ? "there are none" : `there are ${fields.join(", ")}`;
  return `there is no field ${JSON.stringify(name)}; ${nearest === undefined ? others : `did you mean "${nearest}"?`}`;
}

/** A short form or a table; what is wrong within the table is said rather than that neither form fits. */
export function shortOrTable<const S extends v.GenericSchema, const E extends v.ObjectEntries>(
  short: S,
  long: ReturnType<typeof table<E>>,
  expected: string,
) {
  return v.union([short, long], ({ input, issues = [] }) => {
    const isTable = typeof input === "object" && input !== null && !Array.isArray(input);
    return (isTable ? aboutPart(issues) : undefined) ?? expected;
  });
}

/** An unknown or missing field is named by its own message. */
function aboutPart(issues: readonly v.BaseIssue<unknown>[]): string | undefined {
  const part = issues.find(({ path }) => path !== undefined);
  if (part === undefined || part.type === "strict_object") return part?.message;
  return `${part.path?.map(({ key }) => String(key)).join(".")}: ${part.message}`;
}

// valibot's record leaves these out without a word, and losing an agent in silence is worse than refusing it.
const LOST_KEYS = ["__proto__", "prototype", "constructor"];

/** A table whose keys are free, such as `env`, and what it means. */
export function mapOf<K extends v.GenericSchema<string, string>, V extends v.GenericSchema>(
  key: K,
  value: V,
  description: string,
) {
  const record = v.record(key, value);
  // The guard says what it guards, so that documents made from the schema can tell of the values.
  const guard = { ...v.custom<Record<string, v.InferInput<V>>>(isFreeTable, aboutMap), guarded: record };
  // A document of what may be written reads no further than to the second schema.
  return v.pipe(guard, v.description(description), record);
}

function isFreeTable(input: unknown): boolean {
  return typeof input === "object" && input !== null && !Array.isArray(input) && lostKey(input) === undefined;
}

function aboutMap({ input }: { readonly input: unknown }): string {
  const lost = typeof input === "object" && input !== null ? lostKey(input) : undefined;
  return lost === undefined ? "expected a table" : `the name "${lost}" cannot be used`;
}

function lostKey(input: object): string | undefined {
  return LOST_KEYS.find((key) => Object.hasOwn(input, key));
}

/** What holds for a key that is left out, as one would write it: for editors and help, which a test holds to what does. */
export function defaultsTo<I>(value: NoInfer<I>): v.MetadataAction<I, { readonly default: I }> {
  return v.metadata({ default: value });
}

/** Text that is not empty and can be handed to the operating system. */
export const Text = v.pipe(
  v.string(expectedString),
  v.nonEmpty("must not be empty"),
  v.check(hasNoNul, "must not contain a NUL character"),
);

/** Whether the operating system can take a text for an argument, a variable or a path. */
export function hasNoNul(text: string): boolean {
  return !text.includes("\0");
}

export function expectedString({ received }: { readonly received: string }): string {
  return `expected a string, got ${received}`;
}

/** Holds a text to what UTF-8 can carry, in at most so many bytes. */
export function fitsUtf8({ maxBytes }: { readonly maxBytes: number }) {
  return acceptedBy((text) => {
    const bytes = utf8Bytes(text);
    const half = loneSurrogate(text);
    if (bytes > maxBytes) throw invalidParams(`must have at most ${maxBytes} bytes of UTF-8, has ${bytes}`);
    if (half !== undefined)
      throw invalidParams(`is not UTF-8: it has half of a surrogate pair (${codePointName(half)})`);
  });
}

/** A remark for people: not empty, and at most 1024 bytes. */
export const ShortText = v.pipe(Text, fitsUtf8({ maxBytes: 1024 }), v.description("At most 1024 bytes."));

/** What a poke says. */
export const PokeText = v.pipe(
  v.string(expectedString),
  acceptedBy((text) => {
    const flaw = flawInPokeText(text);
    if (flaw !== null) throw invalidParams(flaw);
  }),
  v.description(`At most ${MAX_POKE_BYTES} bytes, with no control characters but tab and newline.`),
);

/** Text kept as written, which `parse` accepts. */
export function parsedBy(parse: (text: string) => unknown) {
  return v.pipe(v.string(expectedString), acceptedBy(parse));
}

/** Holds a text to what `parse` accepts; what it throws is the reason. */
function acceptedBy(parse: (text: string) => unknown) {
  return v.rawCheck<string>(({ dataset, addIssue }) => {
    const why = dataset.typed ? whyNot(parse, dataset.value) : null;
    if (why !== null) addIssue({ message: why });
  });
}

export const Flag = v.boolean(({ received }) => `expected true or false, got ${received}`);

/** A whole number within bounds, both included. */
export function integer(bounds: { readonly min: number; readonly max: number }) {
  const message = `expected a whole number from ${bounds.min} to ${bounds.max}`;
  return v.pipe(
    v.number(message),
    v.integer(message),
    v.minValue(bounds.min, message),
    v.maxValue(bounds.max, message),
  );
}

/** How many lines of a log are wanted. */
export const LineCount = integer({ min: 0, max: 100_000 });

/** A count that only the daemon writes. */
export const Count = v.pipe(v.number(), v.integer(), v.minValue(0));

/** RFC 3339 in UTC, as `Date.prototype.toISOString` writes it. */
export const Timestamp = v.pipe(v.string(), v.isoTimestamp());

/** A moment as RFC 3339 writes it, in any offset; it comes out in UTC. */
export const Moment = v.pipe(
  v.string(expectedString),
  v.description('A moment as RFC 3339 writes it, such as "2026-03-01T08:00:00Z".'),
  v.rawTransform(({ dataset, addIssue, NEVER }) => {
    const why = whyNot(parseTimestamp, dataset.value);
    if (why === null) return parseTimestamp(dataset.value);
    addIssue({ message: why });
    return NEVER;
  }),
);

/** A place in a log, kept as the daemon wrote it. */
export const LogPlace = parsedBy(parseLogPlace);

/** One of a few words. */
export function oneOf<const W extends readonly string[]>(words: W) {
  return v.picklist(
    words,
    ({ input }) => `expected ${words.map((word) => `"${word}"`).join(" or ")}, got ${shown(input)}`,
  );
}

/** The name of an agent; a trailing slash is taken off. */
export const AgentName = v.pipe(nameLike(NAME_PATTERN), v.transform(parseAgentName));

/** The name of an agent, or a glob that stands for several. */
export const AgentGlob = v.pipe(nameLike(GLOB_PATTERN), v.transform(parseAgentGlob));

function nameLike(pattern: RegExp) {
  return v.pipe(
    v.string(expectedString),
    v.regex(pattern, ({ input }) => notAName(input)),
    v.check(
      (text) => text.replace(/\/$/, "").length <= MAX_NAME_LENGTH,
      `must have at most ${MAX_NAME_LENGTH} characters`,
    ),
  );
}

/** A duration with its unit, kept as written; `parseDurationMs` reads it. */
export const Duration = quantity({ noun: "duration", units: ["s", "m"], parse: parseDurationMs });

/** A duration of at least a millisecond. */
export const PositiveDuration = quantity({ noun: "duration", units: ["s", "m"], parse: parsePositiveDuration });

/** Bounds of a quantity, both included, as people write them. */
interface Bounds {
  readonly min: string;
  readonly max?: string;
}

/** A duration within bounds. */
export function durationWithin(bounds: Bounds) {
  return quantity({ noun: "duration", units: ["s", "m"], parse: parsedWithin(bounds, parseDurationMs) });
}

/** A size within bounds, with its unit, kept as written; `parseSizeBytes` reads it. */
export function sizeWithin(bounds: Bounds) {
  return quantity({ noun: "size", units: ["KB", "MB"], parse: parsedWithin(bounds, parseSizeBytes) });
}

function parsedWithin({ min, max }: Bounds, parse: (text: string) => number) {
  return (text: string): number => {
    const amount = parse(text);
    const fits = amount >= parse(min) && (max === undefined || amount <= parse(max));
    if (!fits) throw invalidParams(max === undefined ? `must be at least ${min}` : `must be from ${min} to ${max}`);
    return amount;
  };
}

interface Quantity {
  readonly noun: string;
  /** Two units to show to somebody who wrote a bare number. */
  readonly units: readonly [string, string];
  readonly parse: (text: string) => number;
}

function quantity({ noun, units, parse }: Quantity) {
  return v.pipe(
    v.string(({ input, received }) =>
      typeof input === "number"
        ? `a ${noun} needs a unit: write "${input}${units[0]}" or "${input}${units[1]}"`
        : `expected a ${noun} such as "60${units[0]}", got ${received}`,
    ),
    acceptedBy(parse),
    v.title(noun),
    v.description(`A ${noun} with its unit, such as "60${units[0]}".`),
  );
}

function parsePositiveDuration(text: string): number {
  const durationMs = parseDurationMs(text);
  if (durationMs === 0) throw invalidParams("must be longer than 0");
  return durationMs;
}

function whyNot(parse: (text: string) => unknown, text: string): string | null {
  try {
    parse(text);
    return null;
  } catch (error) {
    if (error instanceof HearthError) return error.message;
    throw error;
  }
}

function shown(input: unknown): string {
  return JSON.stringify(input) ?? String(input);
}
