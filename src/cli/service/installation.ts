// This command line's service: what it is called, who manages it, and whether it is installed.
import { existsSync, readFileSync, realpathSync } from "node:fs";
import { userInfo } from "node:os";
import { resolve } from "node:path";
import { usualSocket } from "../../client/awaken.js";
import type { Whereabouts } from "../../client/discover.js";
import { hearthdArguments } from "../../client/program.js";
import { userHome } from "../../paths.js";
import { type Context, locate, timeoutOf } from "../context.js";
import { launchd } from "./launchd.js";
import { toolRunner } from "./run-tool.js";
import { taskScheduler } from "./scheduled-task.js";
import type { Service, ServiceFile, ServiceManager } from "./service.js";
import { ServiceError } from "./service-error.js";
import { serviceName } from "./service-name.js";
import { isLingering, systemd, unitDirectory, withRuntimeDirectory } from "./systemd.js";

/** A service with the manager that runs it, or would. */
export interface Installation {
  readonly service: Service;
  readonly manager: ServiceManager;
  readonly files: readonly ServiceFile[];
}

/** @throws ServiceError on a system whose service manager Hearth does not know */
export function installationOf(context: Context): Installation {
  const service = serviceOf(context, locate(context));
  const manager = managerOf(context);
  return { service, manager, files: manager.files(service) };
}

/** The one that is installed for this home; null when there is none, or nobody who could run it. */
export function installedService(context: Context): Installation | null {
  try {
    const installation = installationOf(context);
    return isInstalled(installation) ? installation : null;
  } catch (error) {
    if (error instanceof ServiceError) return null;
    throw error;
  }
}

export function isInstalled({ files }: Pick<Installation, "files">): boolean {
  return files.every(({ path }) => existsSync(path));
}

/** Also true of what an interrupted installation left. */
export function isPartlyInstalled({ files }: Pick<Installation, "files">): boolean {
  return files.some(({ path }) => existsSync(path));
}

/** Files that are missing, or say something else than this Hearth would write. */
export function outdatedFiles({ files }: Pick<Installation, "files">): ServiceFile[] {
  return files.filter(({ path, text }) => !existsSync(path) || readFileSync(path, "utf8") !== text);
}

function serviceOf(context: Context, whereabouts: Whereabouts): Service {
  const { program, env, named, cwd } = context;
  const { home } = whereabouts.location;
  const descriptorPath = resolve(cwd, whereabouts.descriptorPath);
  const socketPath = named.socket === undefined ? null : resolve(cwd, named.socket);
  const place = { whereabouts: { ...whereabouts, descriptorPath, socketPath }, named, program };
  return {
    name: serviceName(realPath(home), realPath(ownHome())),
    home,
    socketPath: socketPath ?? usualSocket(home, systemEnvironment(context)),
    command: [process.execPath, ...hearthdArguments(place)],
    // Service managers have a PATH of their own, in which agents' commands would not be found.
    environment: { ...(env.PATH ? { PATH: env.PATH } : {}), HEARTH_HOME: home },
  };
}

function managerOf(context: Context): ServiceManager {
  const run = toolRunner(systemEnvironment(context), { timeoutMs: timeoutOf(context) });
  const home = ownHome();
  switch (process.platform) {
    case "linux":
      return systemd({
        unitDirectory: unitDirectory(context.env, home),
        isLingering: () => isLingering(userInfo().username),
        run,
      });
    case "darwin":
      return launchd({ userHome: home, uid: process.getuid?.() ?? 0, run });
    case "win32":
      return taskScheduler({ run });
    default:
      throw new ServiceError(
        "no-service-manager",
        `Hearth knows no service manager of ${process.platform}`,
        "let yours run `hearth daemon run`; exit code 78 means that starting it again would not help",
      );
  }
}

/** @throws ServiceError for a user who has no home directory, in which services are kept */
function ownHome(): string {
  const home = userHome();
  if (home !== null) return home;
  throw new ServiceError(
    "no-service-manager",
    "nothing says where your home directory is, in which services are kept",
    "set HOME, or start the daemon with `hearth daemon start`",
  );
}

function systemEnvironment({ env }: Context): NodeJS.ProcessEnv {
  return withRuntimeDirectory({ ...env }, process.getuid?.() ?? 0);
}

function realPath(path: string): string {
  try {
    return realpathSync(path);
  } catch {
    return path;
  }
}
