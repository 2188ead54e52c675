// Whether a terminal can show more than ASCII, as its locale says.

/** By the variables that setlocale(3) looks at, in its order; a terminal of Windows has no locale and shows Unicode. */
export function speaksUnicode(env: Readonly<Record<string, string | undefined>>, platform: NodeJS.Platform): boolean {
  if (platform === "win32") return true;
  return /utf-?8/i.test(env.LC_ALL || env.LC_CTYPE || env.LANG || "");
}
