// Names of agents, with the globs that stand for several of them.
import { invalidParams } from "./errors.js";

/** Longest agent name, in characters (all of them ASCII). */
export const MAX_NAME_LENGTH = 128;

/** A name as it may be typed, that is with or without a trailing slash. */
export const NAME_PATTERN = /^[A-Za-z0-9][A-Za-z0-9_-]*(?:\/[A-Za-z0-9][A-Za-z0-9_-]*)*\/?$/;

/** The same with stars allowed wherever a letter is. */
export const GLOB_PATTERN = /^[A-Za-z0-9*][A-Za-z0-9_*-]*(?:\/[A-Za-z0-9*][A-Za-z0-9_*-]*)*\/?$/;

/**
 * The agent a name means: "mayor/" is "mayor".
 * @throws HearthError `invalid-params` when it is no name of an agent.
 */
export function parseAgentName(text: string): string {
  return parseWith(NAME_PATTERN, text);
}

/**
 * A name, or a glob such as `gastown/*`, without a trailing slash.
 * @throws HearthError `invalid-params` when it is neither.
 */
export function parseAgentGlob(text: string): string {
  return parseWith(GLOB_PATTERN, text);
}

/** True when a pattern may stand for more than one agent. */
export function isGlob(pattern: string): boolean {
  return pattern.includes("*");
}

/** Whether a glob stands for an agent. `*` matches within a segment and `**` across segments; a lone `*` is every agent. */
export function matchGlob(pattern: string, name: string): boolean {
  if (pattern === "*" || pattern === "**") return true;
  if (!isGlob(pattern)) return pattern === name;
  return matchFrom(tokens(pattern), name);
}

function parseWith(shape: RegExp, text: string): string {
  const name = text.endsWith("/") ? text.slice(0, -1) : text;
  if (name.length > MAX_NAME_LENGTH) throw invalidParams(`an agent's name has at most ${MAX_NAME_LENGTH} characters`);
  if (!shape.test(text)) throw invalidParams(notAName(text), NAME_HINT);
  return name;
}

const NAME_HINT =
  "Names are letters, digits, _ and -, in segments joined by /; each segment starts with a letter or digit. `hearth status` shows those that there are.";

/** Why a text is refused, in words. */
export function notAName(text: string): string {
  return `${JSON.stringify(text)} is not the name of an agent`;
}

type Token = "*" | "**" | { readonly literal: string };

function tokens(pattern: string): Token[] {
  const parts = pattern.split(/(\*+)/).filter((part) => part !== "");
  return parts.map((part) => (part === "*" ? "*" : part.startsWith("*") ? "**" : { literal: part }));
}

/**
 * Keeps the set of positions of the name that the tokens so far can reach, so that many stars cost no more than
 * pattern times name (a regular expression would backtrack without bound).
 */
function matchFrom(pattern: readonly Token[], name: string): boolean {
  let reached = new Set([0]);
  for (const token of pattern) reached = advance(token, name, reached);
  return reached.has(name.length);
}

function advance(token: Token, name: string, from: ReadonlySet<number>): Set<number> {
  const reached = new Set<number>();
  for (const start of from) {
    if (typeof token === "object") {
      if (name.startsWith(token.literal, start)) reached.add(start + token.literal.length);
    } else {
      for (let end = start; end <= reach(token, name, start); end++) reached.add(end);
    }
  }
  return reached;
}

/** Last position a star that begins at `start` can cover. */
function reach(token: "*" | "**", name: string, start: number): number {
  const slash = token === "**" ? -1 : name.indexOf("/", start);
  return slash === -1 ? name.length : slash;
}
