// A home that becomes read-only under its daemon, really: the same directory is mounted over itself.
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { afterEach, expect, test } from "vitest";
import { hearth } from "../cli/hearth.js";
import { sh, startDaemon } from "../support/daemon.js";

const mounted: string[] = [];

// Registered behind the fixture of daemons, hence run before it removes what there is.
afterEach(() => {
  for (const home of mounted.splice(0)) execFileSync("umount", [home]);
});

function makeReadOnly(home: string): void {
  execFileSync("mount", ["--bind", home, home]);
  mounted.push(home);
  execFileSync("mount", ["-o", "remount,ro,bind", home]);
}

test("a daemon that cannot take its files away ends as it was told, and says so in its log", async () => {
  const daemon = await startDaemon({ config: { agents: { a: sh("exec sleep 1000", { autostart: true }) } } });
  await daemon.until("a", ({ ready }) => ready);
  makeReadOnly(daemon.home);
  await daemon.call("daemon.shutdown", {});
  expect(await daemon.ended).toMatchObject({ code: 0 });
  const log = readFileSync(daemon.path("logs", "daemon.log"), "utf8");
  expect(log).toContain("could not be removed");
  expect(log.trimEnd().split("\n").at(-1)).toContain("the daemon has stopped");
  expect(await hearth(["--home", daemon.home, "daemon", "stop"])).toMatchObject({
    code: 78,
    stderr: expect.stringMatching(
      `^hearth: ${daemon.home} cannot be used: EROFS.*\nhint: make it readable and writable`,
    ),
  });
});
