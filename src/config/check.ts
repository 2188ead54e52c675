// Looks at what the definitions refer to: directories, programs, env files. Nothing here keeps a daemon from starting.
import { constants } from "node:fs";
import { access, readFile, stat } from "node:fs/promises";
import { delimiter, dirname, resolve } from "node:path";
import type { ConfigProblem } from "../../protocol/config-problem.js";
import { EnvFileError, readEnvFile } from "./env-file.js";
import { type ConfigFlaw, toProblems } from "./problem.js";
import type { AgentSpec, Config } from "./spec.js";

export interface Surroundings {
  /** The environment that agents will inherit, of which only PATH is read. */
  readonly env: Readonly<Record<string, string | undefined>>;
}

/** What execvp searches when there is no PATH at all. */
const FALLBACK_PATH = "/usr/local/bin:/usr/bin:/bin";

/**
 * Finds agents that could not start or be poked: a missing cwd, program or env file. For `hearth config check`; a
 * daemon starts nevertheless, and the agent fails with the same words, since all of this can be mended while it runs.
 */
export async function checkAgents(config: Config, surroundings: Surroundings): Promise<ConfigProblem[]> {
  if (config.file === null) return [];
  const flaws = await Promise.all([...config.agents.values()].map((spec) => flawsOf(spec, surroundings)));
  return toProblems(config.file, await readFile(config.file, "utf8"), flaws.flat());
}

async function flawsOf(spec: AgentSpec, surroundings: Surroundings): Promise<ConfigFlaw[]> {
  const { variables, flaws: envFileFlaws } = await readVariables(spec);
  const flaws = [...envFileFlaws, ...(await stderrFlaws(spec))];
  const path = spec.env.PATH ?? variables.PATH ?? surroundings.env.PATH ?? FALLBACK_PATH;
  const noDirectory = await whyNoDirectory(spec.cwd);
  if (noDirectory !== null) {
    const flaw = { path: ["agents", spec.name, "cwd"], message: noDirectory, hint: "make it, or correct cwd" };
    return [...flaws, flaw];
  }
  const lookups = programsOf(spec).map(({ program, key }) => ({ program, at: ["agents", spec.name, ...key] }));
  const found = await Promise.all(lookups.map((lookup) => programFlaws({ ...lookup, cwd: spec.cwd, path })));
  return [...flaws, ...found.flat()];
}

async function readVariables({
  name,
  envFile,
}: AgentSpec): Promise<{ readonly variables: Record<string, string>; readonly flaws: ConfigFlaw[] }> {
  try {
    return { variables: envFile === null ? {} : await readEnvFile(envFile), flaws: [] };
  } catch (error) {
    if (!(error instanceof EnvFileError)) throw error;
    const flaw = { path: ["agents", name, "env_file"], message: error.message, hint: error.hint };
    return { variables: {}, flaws: [flaw] };
  }
}

async function stderrFlaws({ name, stderr }: AgentSpec): Promise<ConfigFlaw[]> {
  if (stderr?.kind !== "path") return [];
  const message = await whyNoDirectory(dirname(stderr.path));
  if (message === null) return [];
  return [{ path: ["agents", name, "stderr"], message, hint: "make it, or correct stderr" }];
}

/** A program that the daemon runs by the definition's word, with the key that names it. */
interface NamedProgram {
  readonly program: string;
  readonly key: readonly string[];
}

function programsOf({ command, heartbeat: { poke }, hooks }: AgentSpec): NamedProgram[] {
  const own = { program: command[0], key: ["command"] };
  const poking = poke.kind === "command" ? [{ program: poke.argv[0], key: ["heartbeat", "poke"] }] : [];
  return [own, ...poking, ...Object.entries(hooks).map(([name, [program]]) => ({ program, key: [name] }))];
}

interface ProgramLookup {
  readonly program: string;
  readonly cwd: string;
  readonly path: string;
  /** Where in the file it is named. */
  readonly at: readonly string[];
}

async function programFlaws({ program, cwd, path, at }: ProgramLookup): Promise<ConfigFlaw[]> {
  if (program.includes("/")) {
    if (await isExecutable(resolve(cwd, program))) return [];
    const message = `${resolve(cwd, program)} is not a program that can be run`;
    return [{ path: at, message, hint: "correct the path, or make the file executable with chmod +x" }];
  }
  if (await isFoundIn(path, { program, cwd })) return [];
  const message = `the program "${program}" is not found; PATH is ${path}`;
  return [{ path: at, message, hint: "install it, write its full path, or set PATH in the agent's env" }];
}

async function isFoundIn(path: string, { program, cwd }: { program: string; cwd: string }): Promise<boolean> {
  for (const directory of path.split(delimiter)) {
    // An empty entry stands for the current directory (POSIX).
    if (await isExecutable(resolve(cwd, directory, program))) return true;
  }
  return false;
}

async function isExecutable(file: string): Promise<boolean> {
  try {
    await access(file, constants.X_OK);
    return (await stat(file)).isFile();
  } catch {
    return false;
  }
}

/** Null for a directory. */
async function whyNoDirectory(path: string): Promise<string | null> {
  try {
    return (await stat(path)).isDirectory() ? null : `${path} is not a directory`;
  } catch {
    return `the directory ${path} does not exist`;
  }
}
