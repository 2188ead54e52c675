// The built program as a doctor where a whole machine is odd: other users' files, no /proc, nobody's home directory.
import { execFile } from "node:child_process";
import { chmodSync, chownSync, cpSync, mkdirSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { join, resolve } from "node:path";
import { describe, expect, it } from "vitest";
import type { Finding } from "../../src/cli/doctor/finding.js";
import { newHome, startDaemon } from "../support/daemon.js";
import { within } from "../support/deadline.js";

const HEARTH = resolve(import.meta.dirname, "../../dist/hearth.cjs");
const isRoot = process.getuid?.() === 0;

/** A user that no machine has a name for. */
const NOBODY_KNOWN = 54_321;

interface Ran {
  readonly code: number | null;
  readonly stderr: string;
  of(name: Finding["name"]): readonly Finding[];
}

interface Options {
  /** Stands before the program's own command line. */
  readonly through?: readonly string[];
  readonly env?: NodeJS.ProcessEnv;
  readonly program?: string;
}

async function doctor(
  argv: readonly string[],
  { through = [], env = process.env, program = HEARTH }: Options = {},
): Promise<Ran> {
  const [file = "", ...args] = [...through, process.execPath, program, "doctor", "--json", "--timeout", "20s", ...argv];
  const ran = new Promise<{ code: number | null; stdout: string; stderr: string }>((settle) => {
    const child = execFile(file, args, { env, cwd: "/" }, (_, stdout, stderr) =>
      settle({ code: child.exitCode, stdout, stderr }),
    );
  });
  const { code, stdout, stderr } = await within(ran, () => "the doctor ends", 100_000);
  const { checks } = JSON.parse(stdout || `{"checks":[]}`) as { checks: Finding[] };
  return { code, stderr, of: (name) => checks.filter((check) => check.name === name) };
}

/** As another user, who has no name and no directory, and needs programs that everybody may read. */
function asStranger(rest: Omit<Options, "through"> = {}): Options {
  const ids = [`--reuid=${NOBODY_KNOWN}`, `--regid=${NOBODY_KNOWN}`, "--clear-groups"];
  return { ...rest, through: ["setpriv", ...ids] };
}

describe("the doctor", () => {
  it("works where nothing says where the home is", async () => {
    const { HOME: _, ...env } = process.env;
    const homeless = isRoot ? asStranger({ env }) : { env: { ...env, HOME: "" } };
    const { code, stderr, of } = await doctor([], { ...homeless, program: publicCopy() });
    expect({ code, stderr }).toEqual({ code: 1, stderr: "" });
    expect(of("home")).toMatchObject([{ status: "problem", advice: expect.stringContaining("--home") }]);
    expect(of("node")).toMatchObject([{ status: "ok" }]);
  });

  it.runIf(isRoot)("tells of a home that belongs to somebody else, and of one that may not be read", async () => {
    const program = publicCopy();
    const stranger = asStranger({ program, env: { ...process.env, HOME: "/" } });
    const home = publicDirectory();
    expect((await doctor(["--home", home], stranger)).of("home")).toMatchObject([
      { status: "problem", seen: expect.stringContaining("belongs to user 0") },
    ]);
    const shut = join(home, "shut");
    mkdirSync(shut, { mode: 0o700 });
    chownSync(shut, NOBODY_KNOWN, NOBODY_KNOWN);
    chmodSync(shut, 0o000);
    const { code, of } = await doctor(["--home", shut], stranger);
    expect(code).toBe(1);
    expect(of("home")).toMatchObject([{ status: "problem", seen: expect.stringContaining("EACCES") }]);
  });

  it.runIf(isRoot)("tells of files and of a socket that belong to somebody else", async () => {
    const program = publicCopy();
    const home = join(publicDirectory(), "own");
    mkdirSync(home, { mode: 0o700 });
    const server = createServer().listen(join(home, "daemon.sock"));
    writeFileSync(join(home, "journal.ndjson"), "", { mode: 0o600 });
    chownSync(home, NOBODY_KNOWN, NOBODY_KNOWN);
    const { of } = await doctor(["--home", home], asStranger({ program, env: { ...process.env, HOME: "/" } }));
    server.close();
    expect(of("files")).toMatchObject([
      { status: "problem", seen: expect.stringContaining("daemon.sock (and 1 more) belongs to user 0") },
    ]);
  });

  it.runIf(isRoot)("says what is wrong without /proc, and takes no daemon for gone", async () => {
    const { home } = await startDaemon();
    const hidden = ["unshare", "--mount", "/bin/sh", "-c", 'mount -t tmpfs none /proc && exec "$@"', "sh"];
    const { code, of } = await doctor(["--home", home], { through: hidden });
    expect(code).toBe(1);
    expect(of("proc")).toMatchObject([{ status: "problem", advice: expect.stringContaining("mount -t proc") }]);
    expect(of("daemon")).toMatchObject([{ status: "problem", seen: expect.stringContaining("without /proc") }]);
  });
});

/** A directory that everybody may look into. */
function publicDirectory(): string {
  const directory = newHome();
  chmodSync(directory, 0o755);
  return directory;
}

/** The programs where every user can read them, wherever this checkout lies. */
function publicCopy(): string {
  const directory = join(publicDirectory(), "dist");
  cpSync(resolve(HEARTH, ".."), directory, { recursive: true });
  return join(directory, "hearth.cjs");
}
