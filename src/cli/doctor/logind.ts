// Reads logind.conf(5): whether logging out ends what a user has started.

/** What decides it; a file that is read later overrides what an earlier one says. */
interface Logind {
  readonly KillUserProcesses: string;
  readonly KillOnlyUsers: string;
  readonly KillExcludeUsers: string;
}

const DEFAULTS: Logind = { KillUserProcesses: "no", KillOnlyUsers: "", KillExcludeUsers: "root" };

/** `texts` are the files in the order in which systemd reads them. */
export function killsAtLogout(texts: readonly string[], user: string): boolean {
  const { KillUserProcesses, KillOnlyUsers, KillExcludeUsers } = texts.flatMap(assignments).reduce(assign, DEFAULTS);
  if (words(KillExcludeUsers).includes(user)) return false;
  if (words(KillOnlyUsers).length > 0) return words(KillOnlyUsers).includes(user);
  return /^(?:yes|y|true|t|on|1)$/i.test(KillUserProcesses);
}

function assign(settings: Logind, [name, value]: readonly [string, string]): Logind {
  return Object.hasOwn(settings, name) ? { ...settings, [name]: value } : settings;
}

function assignments(text: string): (readonly [string, string])[] {
  return [...text.matchAll(/^[ \t]*(\w+)[ \t]*=[ \t]*(.*?)[ \t]*$/gm)].map(([, name = "", value = ""]) => [
    name,
    value,
  ]);
}

function words(list: string): string[] {
  return list.split(/\s+/).filter((word) => word !== "");
}
