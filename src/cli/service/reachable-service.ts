// This home's service as the daemon verbs need it: told first, and left out where nobody can be told.
import type { Context } from "../context.js";
import { type Installation, installedService } from "./installation.js";
import { ServiceError } from "./service-error.js";

/** Null when none is installed, or its manager can't be asked, which is said but keeps nobody from doing without it. */
export async function reachableService(context: Context): Promise<Installation | null> {
  const installation = installedService(context);
  if (installation === null) return null;
  try {
    await installation.manager.assertPresent();
    return installation;
  } catch (error) {
    if (!(error instanceof ServiceError)) throw error;
    context.output.note(`doing without the service ${installation.service.name}: ${error.message}`);
    return null;
  }
}

/** Ends a daemon while no client's call starts it, and sees to it that nobody starts it afterwards. */
export async function withoutService<T>(context: Context, end: () => Promise<T>): Promise<T> {
  const installation = await reachableService(context);
  if (installation === null) return end();
  const { manager, service } = installation;
  await manager.closeSocket(service);
  const ended = await end();
  // It ended with 0, after which it is not started again; one that had just died would be.
  await manager.stop(service);
  return ended;
}
