// Makes the directories that are a daemon's own: nobody else may look into them, or have put them there.
import { accessSync, constants, realpathSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import { codeOf } from "../errno.js";
import { makeDirectories } from "../make-directories.js";
import { homeFiles } from "../paths.js";
import { assertPrivateDirectory, assertTrustedDiscovery, type Caller, notAccessible, unlessRefused } from "../trust.js";

/**
 * Makes the home and its directories, with mode 0700, and returns the home's real path.
 * A project's `.hearth/` is made to ignore itself in git.
 * @throws {TrustError} when it cannot be made or written, or is refused by `assertPrivateDirectory`.
 */
export function prepareHome(home: string, caller: Caller): string {
  const { agentLogs, started, handoffs, environments, run, logs } = homeFiles(home);
  const directories = [logs, agentLogs, run, started, handoffs, environments];
  preparePrivateDirectory(home, caller);
  for (const directory of directories) preparePrivateDirectory(directory, caller);
  if (basename(home) === ".hearth") ignoreInGit(home);
  return realpathSync(home);
}

/**
 * Makes the runtime directory that holds a long home's sockets. Its name can be guessed and /tmp is everybody's, so a
 * link planted there must not pass for it.
 * @throws {TrustError}
 */
export function prepareRuntimeDirectory(directory: string, caller: Caller): void {
  preparePrivateDirectory(directory, caller);
  assertTrustedDiscovery(directory, caller);
}

function preparePrivateDirectory(directory: string, caller: Caller): void {
  unlessRefused(directory, () => makeDirectories(directory, 0o700));
  assertPrivateDirectory(directory, caller);
  unlessRefused(directory, () => accessSync(directory, constants.R_OK | constants.W_OK | constants.X_OK));
}

function ignoreInGit(home: string): void {
  try {
    writeFileSync(join(home, ".gitignore"), "*\n", { flag: "wx", mode: 0o600 });
  } catch (error) {
    if (codeOf(error) !== "EEXIST") throw notAccessible(home, error);
  }
}
