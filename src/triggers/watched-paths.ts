// Decides which paths are meant by the patterns of an agent's definition, and what is left out of them.
import { matchGlob } from "../../protocol/names.js";
import type { WatchPolicy } from "../config/spec.js";

/** What no program is started anew for: version control, installed packages, caches, and what editors write beside a file. */
const NEVER = [
  ...[".git", ".hg", ".svn", ".hearth", "node_modules", ".venv", "__pycache__", ".DS_Store"],
  ...["*~", ".#*", "#*#", "*.swp", "*.swo", "*.swx", "4913", ".goutputstream-*", ".*.kate-swp"],
  ...["*___jb_tmp___", "*___jb_old___"],
];

export interface WatchedPaths {
  /** Whether a change of this file is meant. */
  isWatched(path: string): boolean;
  /** Whether this is watched, or may be a directory that holds something that is. */
  isWorthALook(path: string): boolean;
}

type Reach = "matched" | "ahead" | "none";

/** @param own files and directories of Hearth's own, which are left out with what is written beside them */
export function watchedPaths({ paths, ignore }: WatchPolicy, own: readonly string[]): WatchedPaths {
  const patterns = paths.map(segmentsOf);
  const names = [...NEVER, ...ignore.filter((pattern) => !pattern.includes("/"))];
  const places = ignore.filter((pattern) => pattern.includes("/")).map(segmentsOf);
  const isLeftOut = (path: string, segments: readonly string[]): boolean =>
    own.some((file) => isBeside(path, file)) || places.some((place) => reachOf(place, segments) === "matched");
  const reach = (path: string): Reach => {
    const segments = segmentsOf(path);
    if (isLeftOut(path, segments)) return "none";
    const sound = patterns.filter((pattern) => !isNamed(segments.slice(literalCount(pattern)), names));
    const reached = sound.map((pattern) => reachOf(pattern, segments));
    return reached.find((each) => each === "matched") ?? reached.find((each) => each === "ahead") ?? "none";
  };
  return { isWatched: (path) => reach(path) === "matched", isWorthALook: (path) => reach(path) !== "none" };
}

/** The directories to begin at; the one above a path that is spelled out, so that what vanishes is seen to come back. */
export function watchRoots({ paths }: Pick<WatchPolicy, "paths">): string[] {
  return [...new Set(paths.map((path) => rootOf(segmentsOf(path))))];
}

/** What each pattern spells out, which is there as long as nobody moves it. */
export function spelledOut({ paths }: Pick<WatchPolicy, "paths">): string[] {
  return [...new Set(paths.map(segmentsOf).map((pattern) => `/${pattern.slice(0, literalCount(pattern)).join("/")}`))];
}

function rootOf(pattern: readonly string[]): string {
  return `/${pattern.slice(0, Math.min(literalCount(pattern), pattern.length - 1)).join("/")}`;
}

function segmentsOf(path: string): string[] {
  return path.split(/[\\/]/).filter((segment) => segment !== "");
}

/** What somebody spelled out is meant, whatever its name. */
function literalCount(pattern: readonly string[]): number {
  const first = pattern.findIndex((segment) => segment.includes("*"));
  return first < 0 ? pattern.length : first;
}

function isNamed(segments: readonly string[], names: readonly string[]): boolean {
  return segments.some((segment) => names.some((name) => matchGlob(name, segment)));
}

function isBeside(path: string, file: string): boolean {
  return path === file || path.startsWith(`${file}/`) || path.startsWith(`${file}.`);
}

/**
 * How far a path goes along a pattern: to its end or below it, not yet, or elsewhere. Keeps the set of places in the
 * pattern that the path so far can stand at, so that many `**` cost no more than pattern times path.
 */
function reachOf(pattern: readonly string[], path: readonly string[]): Reach {
  let standing = passed(pattern, new Set([0]));
  for (const name of path) {
    if (standing.has(pattern.length)) return "matched";
    standing = passed(pattern, stepped(pattern, standing, name));
    if (standing.size === 0) return "none";
  }
  return standing.has(pattern.length) ? "matched" : "ahead";
}

/** `**` may stand for no directory at all. */
function passed(pattern: readonly string[], standing: Set<number>): Set<number> {
  // A set's iteration reaches what is added on the way.
  for (const at of standing) if (pattern[at] === "**") standing.add(at + 1);
  return standing;
}

function stepped(pattern: readonly string[], standing: ReadonlySet<number>, name: string): Set<number> {
  const next = new Set<number>();
  for (const at of standing) {
    const segment = pattern[at];
    if (segment === "**") next.add(at);
    else if (segment !== undefined && matchGlob(segment, name)) next.add(at + 1);
  }
  return next;
}
