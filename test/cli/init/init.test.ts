// What `hearth init` tells of what it wrote.
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { hearth } from "../hearth.js";

let directory: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "hearth-init-"));
});
afterEach(() => rmSync(directory, { recursive: true }));

test("of many agents it names the first few and says how many more; for a program it names all", async () => {
  const names = Array.from({ length: 600 }, (_, index) => `p${index + 1}`);
  writeFileSync(join(directory, "Procfile"), names.map((name) => `${name}: node s.js\n`).join(""));
  const file = join(directory, "hearth.toml");
  const { stdout } = await hearth(["init"], { cwd: directory });
  expect(stdout).toBe(`wrote ${file} with p1, p2, p3, p4, p5, p6, p7, p8, p9, p10 and 590 more, from Procfile\n`);
  rmSync(file);
  expect((await hearth(["init", "--json"], { cwd: directory })).json().agents).toEqual(names);
});
