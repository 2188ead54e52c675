// The import rule holds: what one room may not know fails the lint, with the file, the line and the reason.

import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";

const project = resolve(import.meta.dirname, "../..");
const lintProgram = join(project, "scripts/lint-imports.mjs");

let tree: string;

beforeEach(() => {
  tree = mkdtempSync(join(tmpdir(), "hearth-lint-"));
  mkdirSync(join(tree, "protocol"));
  mkdirSync(join(tree, "src"));
});

afterEach(() => rmSync(tree, { recursive: true }));

function write(file: string, text: string): void {
  mkdirSync(dirname(join(tree, file)), { recursive: true });
  writeFileSync(join(tree, file), text);
}

function lint(root: string): { readonly code: number | null; readonly objections: readonly string[] } {
  const { status, stderr } = spawnSync(process.execPath, [lintProgram, root], { encoding: "utf8" });
  return { code: status, objections: stderr.split("\n").filter((line) => line !== "") };
}

/** Lints one file that holds one line of code. */
function lintLine(file: string, line: string) {
  write(file, `// What it is for.\n\n${line}\n`);
  return lint(tree);
}

describe("what a room may not know fails the lint", () => {
  test.each([
    ["protocol/methods.ts", "../src/paths.js"],
    ["src/paths.ts", "./client/connect.js"],
    ["src/client/connect.ts", "../server/connection.js"],
    ["src/client/connect.ts", "../cli/main.js"],
    ["src/cli/status.ts", "../socket-directory.js"],
    ["src/cli/status.ts", "../supervisor/supervisor.js"],
    ["src/cli/commands/status.ts", "../../daemon/main.js"],
    ["src/cli/config.ts", "../config/load.js"],
    ["src/mcp/serve.ts", "../cli/output.js"],
    ["src/mcp/serve.ts", "../supervisor/supervisor.js"],
    ["src/client/client.ts", "../mcp/serve.js"],
    ["src/config/load.ts", "../supervisor/machine.js"],
    ["src/sessions/process.ts", "../supervisor/machine.js"],
    ["src/storage/journal.ts", "../supervisor/machine.js"],
    ["src/logs/rotate.ts", "../supervisor/machine.js"],
    ["src/supervisor/supervisor.ts", "../server/connection.js"],
    ["src/supervisor/supervisor.ts", "../methods/agent.js"],
    ["src/server/dispatch.ts", "../supervisor/supervisor.js"],
    ["src/server/dispatch.ts", "../methods/agent.js"],
    ["src/methods/agent.ts", "../daemon/lock.js"],
    ["src/daemon/lock.ts", "../client/connect.js"],
    ["src/daemon/lock.ts", "../cli/main.js"],
  ])("%s does not import %s", (file, specifier) => {
    const { code, objections } = lintLine(file, `import { x } from "${specifier}";`);
    expect(objections).toEqual([expect.stringMatching(`^${file}:3: imports ${specifier}: `)]);
    expect(code).toBe(1);
  });

  test.each([
    ["src/supervisor/supervisor.ts", "json-rpc-2.0"],
    ["src/cli/main.ts", "json-rpc-2.0"],
    ["src/client/connect.ts", "valibot"],
    ["src/client/connect.ts", "yargs/helpers"],
    ["src/cli/main.ts", "winston"],
    ["src/cli/main.ts", "ps-list"],
    ["src/server/dispatch.ts", "winston"],
    ["src/supervisor/machine.ts", "node:fs"],
    ["src/supervisor/machine.ts", "./clock.js"],
    ["src/daemon/serve.ts", "left-pad"],
  ])("%s does not use %s", (file, specifier) => {
    const { code, objections } = lintLine(file, `import { x } from "${specifier}";`);
    expect(objections).toEqual([expect.stringMatching(`^${file}:3: imports ${specifier}: `)]);
    expect(code).toBe(1);
  });

  test.each([
    'import type { X } from "../server/connection.js";',
    'import { type X } from "../server/connection.js";',
    'import "../server/connection.js";',
    'export { x } from "../server/connection.js";',
    'export * from "../server/connection.js";',
    'const x = await import("../server/connection.js");',
    'type X = import("../server/connection.js").X;',
    'import {\n  x,\n  y,\n} from "../server/connection.js";',
  ])("however it is written: %s", (line) => {
    expect(lintLine("src/supervisor/supervisor.ts", line).objections).toHaveLength(1);
  });

  test("only methods/ and the wiring know both server/ and supervisor/", () => {
    const both = 'import { a } from "../server/peer.js";\nimport { b } from "../supervisor/supervisor.js";';
    expect(lintLine("src/daemon/lock.ts", both).objections).toEqual([
      expect.stringMatching("^src/daemon/lock.ts:4: imports ../supervisor/supervisor.js: "),
    ]);
    write("src/daemon/lock.ts", "");
    for (const place of ["src/methods/agent.ts", "src/daemon/serve.ts"]) {
      expect(lintLine(place, both)).toEqual({ code: 0, objections: [] });
    }
  });

  test("a file in a folder without a rule is refused", () => {
    expect(lintLine("src/utils/strings.ts", "").objections).toEqual([
      expect.stringContaining("src/utils/strings.ts:1: lies in no room"),
    ]);
  });
});

describe("what the rule allows passes", () => {
  test.each([
    ["src/client/connect.ts", "../../protocol/errors.js"],
    ["src/client/connect.ts", "../trust.js"],
    ["src/client/connect.ts", "json-rpc-2.0"],
    ["src/cli/commands/status.ts", "../table.js"],
    ["src/cli/commands/status.ts", "../../client/index.js"],
    ["src/supervisor/machine.ts", "../config/spec.js"],
    ["src/supervisor/supervisor.ts", "node:timers"],
    ["src/methods/agent.ts", "../supervisor/supervisor.js"],
    ["src/methods/agent.ts", "../server/connection.js"],
    ["src/daemon/serve.ts", "../server/server.js"],
  ])("%s imports %s", (file, specifier) => {
    expect(lintLine(file, `import { x } from "${specifier}";`)).toEqual({ code: 0, objections: [] });
  });

  test("the project itself", () => {
    expect(lint(project)).toEqual({ code: 0, objections: [] });
  });
});
