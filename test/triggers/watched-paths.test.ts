// Which files are meant by what a definition says, and where watching begins.
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { spelledOut, watchedPaths, watchRoots } from "../../src/triggers/watched-paths.js";

function of(paths: readonly string[], ignore: readonly string[] = [], own: readonly string[] = []) {
  return watchedPaths({ paths, ignore, debounceMs: 0 }, own);
}

describe("a path is watched", () => {
  test.each([
    ["/p/src", "/p/src/deep/a.py"],
    ["/p/src", "/p/src"],
    ["/p/*.py", "/p/a.py"],
    ["/p/**/*.py", "/p/a.py"],
    ["/p/**/*.py", "/p/x/y/a.py"],
    ["/p/**", "/p/a"],
    ["/p/s*/x", "/p/src/x/below"],
    // Spelled out, it is meant whatever its name.
    ["/p/node_modules/mine", "/p/node_modules/mine/index.js"],
    ["/home/u/.hearth/agents", "/home/u/.hearth/agents/a.md"],
    ["/p/notes.swp", "/p/notes.swp"],
  ])("by %s: %s", (pattern, path) => {
    expect(of([pattern]).isWatched(path)).toBe(true);
  });
});

describe("a path is not watched", () => {
  test.each([
    ["/p/src", "/p/srcs/a.py"],
    ["/p/*.py", "/p/x/a.py"],
    ["/p/*.py", "/p/a.pyc"],
    ["/p/**/*.py", "/p/x/a.pyc"],
    ["/p/**", "/q/a"],
    ["/p/**", "/p/.git/index"],
    ["/p/**", "/p/web/node_modules/x/index.js"],
    ["/p/**", "/p/.hearth/state.json"],
    ["/p/**", "/p/src/.a.py.swp"],
    ["/p/**", "/p/src/a.py~"],
    ["/p/**", "/p/src/4913"],
    ["/p/**", "/p/src/.#a.py"],
  ])("by %s: %s", (pattern, path) => {
    expect(of([pattern]).isWatched(path)).toBe(false);
  });
});

test("a bare name is left out anywhere, a path only there, and both with what lies below", () => {
  const { isWatched } = of(["/p/**"], ["dist", "*.log", "/p/gen"]);
  const left = ["/p/dist/a", "/p/x/dist/a", "/p/x/a.log", "/p/gen/a"].map(isWatched);
  expect([left, isWatched("/p/x/gen/a")]).toEqual([[false, false, false, false], true]);
});

test("what the daemon itself writes is never watched, nor what it writes beside that", () => {
  const { isWatched } = of(["/p/**"], [], ["/p/state.json", "/p/run"]);
  expect(["/p/state.json", "/p/state.json.1.tmp", "/p/run/lock.1", "/p/runner.py"].map(isWatched)).toEqual([
    ...[false, false, false],
    true,
  ]);
});

test("every directory above something that is watched is worth a look", () => {
  const name = fc.constantFrom("a", "b", "c", "d.py");
  const part = fc.constantFrom("a", "b", "*", "**", "*.py", "d*");
  const path = fc.array(name, { minLength: 1, maxLength: 6 });
  fc.assert(
    fc.property(fc.array(part, { minLength: 1, maxLength: 5 }), path, (pattern, segments) => {
      const { isWatched, isWorthALook } = of([`/${pattern.join("/")}`]);
      const isMeant = isWatched(`/${segments.join("/")}`);
      const above = segments.map((_, depth) => `/${segments.slice(0, depth + 1).join("/")}`);
      if (isMeant) expect(above.map(isWorthALook)).toEqual(above.map(() => true));
    }),
    { numRuns: 1_000 },
  );
});

test("many stars cost no more than pattern times path", () => {
  const { isWatched } = of([`/${"**/a/".repeat(50)}b`]);
  expect(isWatched(`/${"a/".repeat(200)}c`)).toBe(false);
});

test("watching begins above what is spelled out, and at the directory in which a pattern looks", () => {
  const paths = ["/p/src", "/p/*.py", "/p/app/**/*.py", "/q/conf.d"];
  expect(watchRoots({ paths })).toEqual(["/p", "/p/app", "/q"]);
  expect(spelledOut({ paths })).toEqual(["/p/src", "/p", "/p/app", "/q/conf.d"]);
});
