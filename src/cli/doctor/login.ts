// What the doctor says about logging in and out: what starts the daemon then, and what ends it.
import { type Finding, fine, note, problem } from "./finding.js";

export interface LoginFacts {
  /** Whether systemd runs this machine; without it there is nothing to say. */
  readonly isSystemd: boolean;
  readonly services: readonly ServiceFact[];
  /** Whether the user's services go on without a login; null when that cannot be told. */
  readonly lingers: boolean | null;
  /** Whether logging out ends what was started in the login. */
  readonly killsAtLogout: boolean;
  /** Control group of the daemon, or of this process when none runs; null when it cannot be read. */
  readonly controlGroup: string | null;
}

/** A unit that runs hearthd. */
export interface ServiceFact {
  readonly unit: string;
  readonly isForThisHome: boolean;
  /** ActiveState and UnitFileState of systemd; null when it does not answer. */
  readonly state: { readonly active: string; readonly enabled: string } | null;
}

export function examineLogin(facts: LoginFacts, { isRunning }: { readonly isRunning: boolean }): readonly Finding[] {
  if (!facts.isSystemd) return [fine("service", "this machine is not run by systemd")];
  const own = facts.services.find(({ isForThisHome }) => isForThisHome);
  return [service(facts, own, { isRunning }), linger(facts.lingers, own), logout(facts, { isRunning })];
}

function service(
  { services }: LoginFacts,
  own: ServiceFact | undefined,
  { isRunning }: { readonly isRunning: boolean },
): Finding {
  if (own === undefined) {
    const others = services.map(({ unit }) => unit).join(", ");
    const seen = `nothing starts the daemon at login${others === "" ? "" : ` (${others} is for another home)`}`;
    return note("service", seen, "run `hearth service install`");
  }
  const { unit, state } = own;
  if (state === null) return note("service", `${unit} is installed, and systemd does not answer`, status(unit));
  const { active, enabled } = state;
  const seen = `${unit} is ${active} and ${enabled}`;
  if (active === "failed")
    return problem("service", seen, `${status(unit)}, mend it, then run \`hearth daemon start\``);
  if (!enabled.startsWith("enabled")) return note("service", seen, `run \`systemctl --user enable ${unit}\``);
  const isElsewhere = active === "inactive" && isRunning;
  if (!isElsewhere) return fine("service", seen);
  const takeOver = `run \`hearth daemon stop --keep-agents\`, then \`systemctl --user start ${unit}\``;
  return note("service", `${seen}, and the daemon runs without it`, takeOver);
}

function status(unit: string): string {
  return `see \`systemctl --user status ${unit}\``;
}

function linger(lingers: boolean | null, own: ServiceFact | undefined): Finding {
  if (lingers === null) return fine("linger", "it cannot be told whether your services go on without a login");
  if (lingers) return fine("linger", "your services go on without a login");
  const seen = "your services end when you log out";
  if (own === undefined) return fine("linger", `${seen}; Hearth is none of them`);
  return note("linger", `${seen}, and start when you log in`, "run `loginctl enable-linger` to have them at all times");
}

/** What a login has started lies in its session's scope. */
const LOGIN_SCOPE = /\/session-[^/]+\.scope(?:\/|$)/;

function logout({ killsAtLogout, controlGroup }: LoginFacts, { isRunning }: { readonly isRunning: boolean }): Finding {
  if (!killsAtLogout) return fine("logout", "logging out ends nothing that runs in the background");
  if (controlGroup === null || !LOGIN_SCOPE.test(controlGroup))
    return fine("logout", "logging out ends what was started in the login, and the daemon is not part of that");
  const seen = "logging out ends the daemon and its agents (KillUserProcesses in logind.conf)";
  const advice = "run `loginctl enable-linger`, then `systemd-run --user --scope hearth daemon start`";
  return isRunning ? problem("logout", seen, advice) : note("logout", seen, advice);
}
