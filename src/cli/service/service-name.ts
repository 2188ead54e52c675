// The name of a home's service: short, safe in every shell and file system, and no other home's.
import { createHash } from "node:crypto";
import { basename, dirname, join } from "node:path";

const MAX_SLUG_LENGTH = 40;
const HASH_LENGTH = 8;

/**
 * "hearthd" for the user's own home, otherwise the project's name with a hash of the path: "hearthd-website-1f3a9c02".
 * Both are real paths, since every way of writing a home must lead to the same service.
 */
export function serviceName(home: string, userHome: string): string {
  if (home === join(userHome, ".hearth")) return "hearthd";
  const hash = createHash("sha256").update(home).digest("hex").slice(0, HASH_LENGTH);
  return ["hearthd", slug(home), hash].filter(Boolean).join("-");
}

/** A home is called after what it belongs to: most are named `.hearth`. */
function slug(home: string): string {
  const name = basename(home) === ".hearth" ? basename(dirname(home)) : basename(home);
  return name
    .replace(/[^A-Za-z0-9]+/g, "-")
    .slice(0, MAX_SLUG_LENGTH)
    .replace(/^-|-$/g, "");
}
