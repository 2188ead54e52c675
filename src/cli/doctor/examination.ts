// The examination's outcome: from everything that was seen to what it means. Pure.
import { type ConfigurationFacts, examineConfiguration } from "./configuration.js";
import { type DaemonFacts, examineDaemon } from "./daemon.js";
import { type Finding, problem } from "./finding.js";
import { examineHome, type HomeFacts, type Refusal } from "./home.js";
import { examineLogin, type LoginFacts } from "./login.js";
import { examineMachine, type MachineFacts } from "./machine.js";

export interface Facts {
  readonly machine: MachineFacts;
  readonly login: LoginFacts;
  readonly place: PlaceFacts | Homeless;
}

export interface PlaceFacts {
  readonly home: HomeFacts;
  readonly configuration: ConfigurationFacts;
  readonly daemon: DaemonFacts;
}

/** Nothing says where the home is. */
export interface Homeless {
  readonly homeless: Refusal;
}

/** Every finding, in the order of the checks' names. */
export function examine({ machine, login, place }: Facts): readonly Finding[] {
  if ("homeless" in place) {
    const { message, hint } = place.homeless;
    const unknown = { tmux: null, newest: null };
    return [...examineMachine(machine, unknown), problem("home", message, hint)];
  }
  return [
    ...examineMachine(machine, { tmux: needsTmux(place), newest: newestEntry(place.home) }),
    ...examineHome(place.home),
    ...examineConfiguration(place.configuration),
    ...examineDaemon(place.daemon),
    ...examineLogin(login, { isRunning: isThere(place.daemon) }),
  ];
}

/** Agents that were added by hand are known to the daemon alone. */
function needsTmux({ configuration: { check }, daemon: { agents } }: PlaceFacts): boolean | null {
  if (agents?.some(({ session }) => session === "tmux")) return true;
  const sessions = check.outcome === "checked" ? check.report.sessions : undefined;
  return sessions?.includes("tmux") ?? null;
}

function newestEntry({ entries }: HomeFacts): { readonly path: string; readonly at: number } | null {
  const [newest] = entries.toSorted((a, b) => b.writtenAt - a.writtenAt);
  return newest === undefined ? null : { path: newest.path, at: newest.writtenAt };
}

function isThere({ found }: DaemonFacts): boolean {
  return found.state === "running" || found.state === "unresponsive";
}
