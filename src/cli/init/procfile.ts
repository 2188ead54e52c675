// A Procfile: one process type a line, as Heroku, foreman and overmind read it.
import { type Findings, type Found, type Project, shellCommand } from "./proposal.js";

const LINE = /^([A-Za-z0-9_-]+):\s*(.+)$/;

/** Process types that run once and end, which is nothing to keep alive. */
const RUNS_ONCE = new Set(["release"]);

export function fromProcfile(project: Project): Findings | null {
  const text = project.read("Procfile");
  if (text === null) return null;
  const agents = text.split(/\r?\n/).flatMap((line) => agentOf(line.trim()));
  return agents.length === 0 ? null : { source: "Procfile", agents };
}

function agentOf(line: string): Found[] {
  const [, name = "", command = ""] = LINE.exec(line) ?? [];
  if (name === "") return [];
  const settings = { command: shellCommand(command) };
  if (!RUNS_ONCE.has(name)) return [{ name, settings: { ...settings, autostart: true } }];
  return [{ name, settings, remarks: ["It runs once and ends: nothing to keep alive."], isOff: true }];
}
