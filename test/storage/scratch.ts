// A test with a temporary directory of its own, gone when the test is over.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "vitest";

/** `scratchTest("...", ({ directory }) => ...)`. */
export const scratchTest = test.extend<{ directory: string }>({
  // biome-ignore lint/correctness/noEmptyPattern: vitest wants the fixture's dependencies as a destructured object
  directory: async ({}, use) => {
    const directory = makeScratch();
    try {
      await use(directory);
    } finally {
      rmSync(directory, { recursive: true, force: true });
    }
  },
});

/** For loops that need many directories in one test; the caller removes it. */
export function makeScratch(): string {
  return mkdtempSync(join(tmpdir(), "hearth-test-"));
}
