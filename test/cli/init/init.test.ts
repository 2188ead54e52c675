// What `hearth init` tells of what it wrote.
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { newHome } from "../../support/daemon.js";
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

test("says how to start what it wrote, also where that is not what is found from here", async () => {
  const elsewhere = { HEARTH_HOME: join(directory, "elsewhere") };
  const cases = [
    { argv: [], env: { HEARTH_HOME: "" }, start: "hearth start" },
    { argv: [], env: { HEARTH_HOME: join(directory, ".hearth") }, start: "hearth start" },
    { argv: [], env: elsewhere, start: "hearth start --home .hearth" },
    { argv: ["--home", "its own"], env: elsewhere, start: "hearth start --home 'its own'" },
  ];
  writeFileSync(join(directory, "Procfile"), "web: node s.js\n");
  for (const { argv, env, start } of cases) {
    const { json: _, ...ran } = await hearth(["init", ...argv], { cwd: directory, env });
    expect(ran).toMatchObject({ code: 0, stderr: expect.stringContaining(`, then run \`${start}\`\n`) });
    expect(ran.stderr.includes("HEARTH_HOME names another home")).toBe(start.endsWith("--home .hearth"));
    rmSync(join(directory, argv[1] ?? "", "hearth.toml"));
  }
});

test("what it wrote is what its hint starts, although HEARTH_HOME says otherwise", async () => {
  const project = newHome();
  writeFileSync(join(project, "Procfile"), "web: sleep 1000\n");
  const here = { cwd: project, env: { HEARTH_HOME: join(project, "elsewhere") } };
  const { stderr } = await hearth(["init"], here);
  const words = /`hearth (start .*)`/.exec(stderr)?.[1]?.split(" ") ?? [];
  expect(await hearth(words, here)).toMatchObject({ code: 0, stdout: expect.stringMatching(/^web is running/) });
  expect(await hearth(["daemon", "stop", "--home", join(project, ".hearth")], here)).toMatchObject({ code: 0 });
});
