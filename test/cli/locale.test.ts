import { expect, it } from "vitest";
import { speaksUnicode } from "../../src/cli/locale.js";

it.each([
  [{ LANG: "en_GB.UTF-8" }, true],
  [{ LANG: "C.utf8" }, true],
  [{ LC_CTYPE: "de_DE.UTF-8" }, true],
  [{ LC_ALL: "C", LC_CTYPE: "de_DE.UTF-8", LANG: "de_DE.UTF-8" }, false],
  [{ LC_ALL: "", LANG: "de_DE.UTF-8" }, true],
  [{ LANG: "de_DE.ISO-8859-1" }, false],
  [{ LANG: "POSIX" }, false],
  [{}, false],
])("the locale of %j has more than ASCII: %s", (env, speaks) => {
  expect(speaksUnicode(env, "linux")).toBe(speaks);
});

it("a terminal of Windows shows Unicode and has no locale", () => {
  expect(speaksUnicode({}, "win32")).toBe(true);
});
