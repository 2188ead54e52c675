// Which tests exist and how they run: `quick` for what needs no daemon, `e2e` for what drives the built programs.

import { defineConfig } from "vitest/config";

// A run started from inside an agent must not reach that agent's daemon, and Node reads extra certificates at every start.
for (const name of Object.keys(process.env)) {
  if (name === "HEARTH_SOAK_SEED") continue;
  if (name.startsWith("HEARTH_") || name === "NODE_EXTRA_CA_CERTS") delete process.env[name];
}

export default defineConfig({
  test: {
    projects: [
      {
        test: {
          name: "quick",
          include: ["test/**/*.test.ts"],
          exclude: ["test/e2e/**", "test/mcp/**"],
          testTimeout: 10_000,
          hookTimeout: 10_000,
        },
      },
      {
        test: {
          name: "e2e",
          // After the quick ones, since each of these starts daemons whose time is measured.
          sequence: { groupOrder: 1 },
          include: ["test/e2e/**/*.test.ts", "test/mcp/**/*.test.ts"],
          maxWorkers: 2,
          testTimeout: 60_000,
          hookTimeout: 60_000,
        },
      },
    ],
  },
});
