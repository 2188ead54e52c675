// Which tests exist and how they run: `quick` for what needs little time, `e2e` for what drives the built programs.

import { defineConfig } from "vitest/config";
import { PATIENCE_MS } from "./test/support/deadline.js";

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

/** Nothing but functions of values: no process, no file of the machine's, nothing to be removed after a test. */
const PURE = ["protocol", "config", "supervisor", "server", "triggers"].map((name) => `test/${name}/**/*.test.ts`);

/** Twice the processors of a small machine, since each waits for something half of its time. */
const WORKERS = 4;

/** Each wait in a test has a patience of its own; this is for what waits for nothing, on a machine that is busy with more. */
const TEST_MS = 120_000;

/** Each wait's patience is that of test/support/deadline.ts, not the second that `expect.poll` has of its own. */
const EXPECT = { poll: { timeout: PATIENCE_MS } };

export default defineConfig({
  test: {
    projects: [
      {
        test: {
          name: "pure",
          include: PURE,
          // Nobody notices who came before, and a worker of its own takes longer to start than such tests take.
          isolate: false,
          pool: "threads",
          maxWorkers: WORKERS,
          testTimeout: TEST_MS,
          expect: EXPECT,
        },
      },
      {
        test: {
          name: "quick",
          include: ["test/**/*.test.ts"],
          exclude: [...SLOW, ...PURE],
          maxWorkers: WORKERS,
          testTimeout: TEST_MS,
          expect: EXPECT,
          hookTimeout: TEST_MS,
        },
      },
      {
        test: {
          name: "e2e",
          include: SLOW.map((path) => path.replace(/\*\*$/, "**/*.test.ts")),
          maxWorkers: WORKERS,
          testTimeout: TEST_MS,
          expect: EXPECT,
          hookTimeout: TEST_MS,
        },
      },
    ],
  },
});
