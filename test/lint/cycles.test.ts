// Two files that import each other fail the lint, even when they exchange nothing but types.

import { spawnSync } from "node:child_process";
import { copyFileSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { expect, test } from "vitest";

const project = resolve(import.meta.dirname, "../..");

test("a cycle of imports fails the lint", () => {
  const tree = mkdtempSync(join(tmpdir(), "hearth-lint-"));
  try {
    for (const file of ["biome.json", ".gitignore"]) copyFileSync(join(project, file), join(tree, file));
    writeFileSync(
      join(tree, "chicken.ts"),
      'import type { Egg } from "./egg.js";\n\nexport type Chicken = Egg | null;\n',
    );
    writeFileSync(
      join(tree, "egg.ts"),
      'import type { Chicken } from "./chicken.js";\n\nexport type Egg = Chicken | null;\n',
    );
    const biome = join(project, "node_modules/@biomejs/biome/bin/biome");
    const { status, stdout, stderr } = spawnSync(process.execPath, [biome, "lint", "--reporter=github", "."], {
      cwd: tree,
      encoding: "utf8",
    });
    expect(stdout + stderr).toContain("noImportCycles");
    expect(status).toBe(1);
  } finally {
    rmSync(tree, { recursive: true });
  }
});
