import { type ChildProcessByStdio, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync } from "node:fs";
import { join, resolve } from "node:path";
import type { Readable } from "node:stream";
import { build } from "esbuild";
import { describe, expect, it } from "vitest";
import { configure, newHome, sh, startDaemon } from "../support/daemon.js";
import { PATIENCE_MS, within } from "../support/deadline.js";
import { isRunning } from "../support/processes.js";

const HEARTH = resolve(import.meta.dirname, "../../dist/hearth.js");
const HOT_HEARTH = resolve(import.meta.dirname, "../../dist/hearth.cjs");
const CHATTERBOX = sh("while :; do echo tick; sleep 0.01; done", { autostart: true, ready: { output: "tick" } });

interface Program {
  readonly child: ChildProcessByStdio<null, Readable, Readable>;
  readonly ended: Promise<{ readonly code: number | null; readonly stdout: string; readonly stderr: string }>;
}

function start(program: string, argv: readonly string[]): Program {
  const child = spawn(process.execPath, [program, ...argv], { stdio: ["ignore", "pipe", "pipe"] });
  const texts = { stdout: "", stderr: "" };
  for (const name of ["stdout", "stderr"] as const) {
    child[name].setEncoding("utf8").on("data", (text: string) => {
      texts[name] += text;
    });
  }
  const ended = within(once(child, "close"), () => `hearth ${argv.join(" ")} ends`).then(([code]) => ({
    code,
    ...texts,
  }));
  return { child, ended };
}

async function buildHot() {
  const outfile = join(newHome(), "hearth.cjs");
  const entryPoints = [resolve(import.meta.dirname, "../../src/cli/hot.ts")];
  const { metafile } = await build({
    entryPoints,
    outfile,
    bundle: true,
    platform: "node",
    minify: true,
    metafile: true,
  });
  return { outfile, inputs: Object.keys(metafile.inputs), bytes: Object.values(metafile.outputs)[0]?.bytes ?? 0 };
}

/** What changes from one moment to the next. */
function withoutFigures({ stdout, ...ended }: { readonly stdout: string }) {
  return { ...ended, stdout: stdout.replaceAll(/\d+/g, "0") };
}

describe("hearth", () => {
  it("ends quietly when its reader stops reading", async () => {
    const { home } = await startDaemon({ config: { agents: { box: CHATTERBOX } } });
    const { child, ended } = start(HEARTH, ["--home", home, "logs", "box", "-f"]);
    await once(child.stdout, "data");
    child.stdout.destroy();
    expect(await ended).toMatchObject({ code: 0, stderr: "" });
  });

  it("ends with 130 on Ctrl-C while it follows, and leaves all well", async () => {
    const daemon = await startDaemon({ config: { agents: { box: CHATTERBOX } } });
    const { child, ended } = start(HEARTH, ["--home", daemon.home, "logs", "box", "-f"]);
    await once(child.stdout, "data");
    child.kill("SIGINT");
    expect(await ended).toMatchObject({ code: 130, stderr: "" });
    expect(await daemon.agent("box")).toMatchObject({ state: "running", restarts: 0 });
  });

  it.each([
    ["init", 'exec "$@"'],
    ["init --home x", 'exec "$@"'],
    ["init", 'PWD= exec "$@"'],
    ["status", 'PWD= exec "$@"'],
    ["config check", 'PWD=. exec "$@"'],
    ["status --home x", 'PWD= exec "$@"'],
    ["run --home /tmp --name a -- true", 'PWD= exec "$@"'],
  ])("says that the current directory was deleted where %s needs it: %s", (line, run) => {
    const directory = mkdtempSync(join(newHome(), "gone-"));
    const script = `cd "$0" && rmdir "$0" && ${run}`;
    const command = [process.execPath, HEARTH, ...line.split(" ")];
    const env = { ...process.env, HEARTH_HOME: "" };
    const ran = spawnSync("/bin/sh", ["-c", script, directory, ...command], {
      encoding: "utf8",
      env,
      timeout: PATIENCE_MS,
    });
    expect([ran.status, ran.stderr.split("\n")[0]]).toEqual([
      78,
      "hearth: the working directory is gone: it was deleted",
    ]);
    expect(existsSync(directory)).toBe(false);
  });

  it("works where the current directory was deleted", async () => {
    const home = newHome();
    const script = 'cd "$1" && rmdir "$1" && exec "$2" "$3" daemon status --home "$4"';
    const directory = mkdtempSync(join(home, "gone-"));
    const child = spawn("/bin/sh", ["-c", script, "sh", directory, process.execPath, HEARTH, home], { stdio: "pipe" });
    const [code] = await within(once(child, "exit"), () => "hearth daemon status ends");
    expect(code).toBe(3);
  });

  it("runs the daemon in the foreground, hands signals on and ends as it ends", async () => {
    const home = newHome();
    const { child, ended } = start(HEARTH, ["daemon", "run", "--home", home]);
    await within(once(child.stderr, "data"), () => "the daemon says something");
    const second = await start(HEARTH, ["daemon", "serve", "--home", home]).ended;
    expect(second).toMatchObject({
      code: 78,
      stderr: expect.stringMatching(/^another daemon \(pid \d+\) holds .*\n$/),
    });
    child.kill("SIGTERM");
    expect(await ended).toMatchObject({ code: 0 });
  });

  it("with --json tells once of the daemon that it runs, or why it runs none", async () => {
    const home = newHome();
    const argv = ["daemon", "run", "--json", "--home", home];
    const { child, ended } = start(HEARTH, argv);
    await within(once(child.stdout, "data"), () => "the daemon is told of");
    const second = await start(HEARTH, argv).ended;
    expect({ code: second.code, ...JSON.parse(second.stdout) }).toMatchObject({
      code: 78,
      error: {
        kind: "home-held",
        message: expect.stringMatching(/^another daemon \(pid \d+\) holds /),
        hint: expect.stringContaining("hearth daemon status"),
      },
    });
    configure(home, "wrong");
    child.kill("SIGTERM");
    const { code, stdout } = await ended;
    const { pid, ...told } = JSON.parse(stdout);
    expect({ code, ...told }).toMatchObject({ code: 0, status: "running", health: { status: "ok" } });
    expect(isRunning(pid)).toBe(false);
    const third = await start(HEARTH, argv).ended;
    expect({ code: third.code, ...JSON.parse(third.stdout) }).toMatchObject({
      code: 78,
      error: { kind: "bad-config", hint: expect.stringContaining("hearth config check") },
    });
  });
});

describe("the hot program", () => {
  it("does by itself what is called all the time, in one small file without yargs and schemas", async () => {
    const { outfile, inputs, bytes } = await buildHot();
    expect(inputs.filter((input) => /yargs|valibot|parse-full|help-text|status\/view/.test(input))).toEqual([]);
    expect(bytes).toBeLessThan(60_000);
    const { home, pid } = await startDaemon();
    const { code, stdout } = await start(outfile, ["status", "--json", "--home", home]).ended;
    expect({ code, ...JSON.parse(stdout) }).toMatchObject({ code: 0, daemon: { pid }, agents: [] });
  });

  it.each([[["ls", "--json"]], [["ls"]], [["status", "no/such/agent"]], [["status", "-w"]]])(
    "does as the whole program does: %j",
    async (words) => {
      const { home } = await startDaemon();
      for (const place of [home, newHome()]) {
        const argv = [...words, "--home", place];
        const [hot, whole] = [await start(HOT_HEARTH, argv).ended, await start(HEARTH, argv).ended];
        expect(withoutFigures(hot)).toEqual(withoutFigures(whole));
      }
    },
  );
});
