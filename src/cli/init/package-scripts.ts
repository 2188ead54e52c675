// The scripts of a package.json that are meant to go on running.
import { asObject, parseObject } from "./json.js";
import { type Findings, type Found, type Project, shellCommand } from "./proposal.js";

/** What a script is called that serves; with a suffix behind a colon it is one of several of its kind. */
const RUNS_ON = /^(?:start|serve|server|web|api|app|worker|workers|queue|scheduler|bot|agent|gateway|daemon)(?:[:-]|$)/;
/** The same for somebody who is writing the program. */
const FOR_DEVELOPERS = /^(?:dev|develop|watch|preview)(?:[:-]|$)/;

const LOCK_FILES = [
  ["pnpm-lock.yaml", "pnpm"],
  ["yarn.lock", "yarn"],
  ["bun.lock", "bun"],
  ["bun.lockb", "bun"],
] as const;

interface Package {
  readonly name: string | null;
  readonly manager: string;
  readonly scripts: ReadonlyMap<string, string>;
}

export function fromPackageScripts(project: Project): Findings | null {
  const described = readPackage(project);
  if (described === null) return null;
  const names = [...described.scripts.keys()];
  const serving = names.filter((name) => RUNS_ON.test(name));
  const developing = names.filter((name) => FOR_DEVELOPERS.test(name));
  const agents = [
    ...serving.map((name) => agentOf(described, name)),
    // Beside a script that serves, one that does the same for a developer would only be in its way.
    ...developing.map((name) => ({ ...agentOf(described, name), isOff: serving.length > 0 })),
  ];
  return agents.length === 0 ? null : { source: "package.json", agents };
}

function agentOf({ name, manager, scripts }: Package, script: string): Found {
  return {
    name: script === "start" ? (name ?? script) : script,
    settings: { command: commandOf(manager, scripts, script), autostart: true },
    remarks: [`The script "${script}".`],
  };
}

/** A script that is no more than `node FILE` is run without a package manager, which would stay beside it. */
function commandOf(manager: string, scripts: Package["scripts"], script: string) {
  const line = scripts.get(script)?.trim() ?? "";
  const hasHooks = scripts.has(`pre${script}`) || scripts.has(`post${script}`);
  const command = shellCommand(line);
  if (line.startsWith("node ") && typeof command === "string" && !hasHooks) return command;
  return `${manager} run ${/^[\w:.-]+$/.test(script) ? script : JSON.stringify(script)}`;
}

function readPackage(project: Project): Package | null {
  const json = parseObject(project.read("package.json"));
  if (json === null) return null;
  const scripts = Object.entries(asObject(json.scripts)).flatMap(([name, line]) =>
    typeof line === "string" ? [[name, line] as const] : [],
  );
  const name = typeof json.name === "string" && json.name !== "" ? json.name : null;
  return { name: name?.replace(/^@[^/]*\//, "") ?? null, manager: managerOf(json, project), scripts: new Map(scripts) };
}

function managerOf(json: Record<string, unknown>, { names }: Project): string {
  const [, declared] = /^(npm|pnpm|yarn|bun)@/.exec(String(json.packageManager)) ?? [];
  return declared ?? LOCK_FILES.find(([file]) => names.has(file))?.[1] ?? "npm";
}
