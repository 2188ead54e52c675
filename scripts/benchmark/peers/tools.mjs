// Where the programs of the peers are: on this machine, or put into a directory that goes away after the run.

import { execFile } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, writeFileSync } from "node:fs";
import { delimiter, dirname, join } from "node:path";
import { promisify } from "node:util";
import { measuredEnvironment } from "../programs.mjs";

const run = promisify(execFile);
/** Debian's own, which finds Debian's modules; another python3 may come first on the PATH. */
const PYTHON = "/usr/bin/python3";
/** The versions are fixed so that runs compare. */
const NODE_PACKAGES = { pm2: "7.0.4", "vscode-jsonrpc": "10.0.0" };

/** pm2, and vscode-jsonrpc for the floor of the same name; or why they can't be had. */
export async function findNodePackages(directory) {
  mkdirSync(directory);
  writeFileSync(join(directory, "package.json"), "{}");
  const packages = Object.entries(NODE_PACKAGES).map(([name, version]) => `${name}@${version}`);
  try {
    await run("npm", ["install", "--no-fund", "--no-audit", ...packages], { cwd: directory });
  } catch (error) {
    return { missing: `npm install ${packages.join(" ")} did not work: ${lastLine(error.stderr || error.message)}` };
  }
  const modules = join(directory, "node_modules");
  return { modules, pm2: join(modules, "pm2/bin/pm2"), version: NODE_PACKAGES.pm2 };
}

/** @throws when there is neither runsvdir here nor a package of Debian's to be had */
export async function findRunit(directory) {
  const installed = onPath("runsvdir");
  const bin = installed === null ? join(await unpacked("runit", directory), "usr/bin") : dirname(installed);
  // runit prints its version nowhere, but Debian knows it.
  return { bin, version: await packageVersion("runit") };
}

/** @throws when there is neither supervisord here nor a package of Debian's, and a Python that runs it, to be had */
export async function findSupervisor(directory) {
  const installed = onPath("supervisord");
  const found = installed === null ? await unpackedSupervisor(directory) : installedSupervisor(dirname(installed));
  const [python, ...args] = found.supervisord;
  const { stdout } = await run(python, [...args, "--version"], {
    env: { ...measuredEnvironment(), ...found.environment },
  });
  return { ...found, version: stdout.trim() };
}

function installedSupervisor(bin) {
  return { supervisord: [join(bin, "supervisord")], supervisorctl: [join(bin, "supervisorctl")], environment: {} };
}

async function unpackedSupervisor(directory) {
  const root = await unpacked("supervisor", directory);
  const knowsPackages = await run(PYTHON, ["-c", "import pkg_resources"]).then(Boolean, () => false);
  if (!knowsPackages) await unpacked("python3-pkg-resources", directory);
  const program = (name) => [PYTHON, join(root, "usr/bin", name)];
  return {
    supervisord: program("supervisord"),
    supervisorctl: program("supervisorctl"),
    environment: { PYTHONPATH: join(root, "usr/lib/python3/dist-packages") },
  };
}

/** A Debian package's files, without touching the system. */
async function unpacked(name, directory) {
  const root = join(directory, "root");
  mkdirSync(root, { recursive: true });
  await run("apt-get", ["-q", "download", name], { cwd: directory }).catch((error) => {
    throw new Error(`apt-get download ${name} did not work: ${lastLine(error.stderr || error.message)}`);
  });
  const file = readdirSync(directory).find((entry) => entry.startsWith(`${name}_`));
  await run("dpkg", ["-x", join(directory, file), root]);
  return root;
}

async function packageVersion(name) {
  const { stdout } = await run("apt-cache", ["policy", name]).catch(() => ({ stdout: "" }));
  return /Candidate: (\S+)/.exec(stdout)?.[1] ?? "unknown version";
}

function onPath(program) {
  const directories = (process.env.PATH ?? "").split(delimiter);
  return directories.map((directory) => join(directory, program)).find((path) => existsSync(path)) ?? null;
}

function lastLine(text) {
  return text.trim().split("\n").at(-1);
}
