// Which tests exist and how they run: `quick` for what needs little time, `e2e` for what drives the built programs.

import { defineConfig } from "vitest/config";

// A run started from inside an agent must not reach that agent's daemon, and Node reads extra certificates at every start.
for (const name of Object.keys(process.env)) {
  if (name === "HEARTH_SOAK_SEED") continue;
  if (name.startsWith("HEARTH_") || name === "NODE_EXTRA_CA_CERTS") delete process.env[name];
}

/** What drives the built programs, or real processes for so long that the quick lane would not be quick. */
const SLOW = [
  ...[
    "test/e2e/**",
    "test/mcp/**",
    "test/examples/**",
    "test/docs/**",
    "test/cli/b-town.test.ts",
    "test/cli/doctor/broken-homes.test.ts",
    "test/client/package.test.ts",
    "test/logs/rotation-death.test.ts",
  ],
  ...["hold-still", "hook-command", "release", "tmux-adoption", "tmux-poke"].map(
    (name) => `test/sessions/${name}.test.ts`,
  ),
];

/** What measures times, and therefore wants the machine for itself. */
const MEASURING = ["test/e2e/fairness.test.ts"];

export default defineConfig({
  test: {
    projects: [
      {
        test: {
          name: "quick",
          include: ["test/**/*.test.ts"],
          exclude: SLOW,
          // vitest leaves a processor to itself, which on a small machine is half of them.
          maxWorkers: 2,
          testTimeout: 40_000,
          hookTimeout: 40_000,
        },
      },
      {
        test: {
          name: "e2e",
          // After the quick ones, since each of these starts daemons whose time is measured.
          sequence: { groupOrder: 1 },
          include: SLOW.map((path) => path.replace(/\*\*$/, "**/*.test.ts")),
          exclude: MEASURING,
          // One more than the processors of a small machine, since each waits for something half of its time.
          maxWorkers: 3,
          testTimeout: 60_000,
          hookTimeout: 60_000,
        },
      },
      {
        test: {
          name: "alone",
          sequence: { groupOrder: 2 },
          include: MEASURING,
          maxWorkers: 1,
          testTimeout: 60_000,
          hookTimeout: 60_000,
        },
      },
    ],
  },
});
