// Starts the daemon through its service manager, and returns once it answers.
import { setTimeout as sleep } from "node:timers/promises";
import { formatProblem } from "../../../protocol/config-problem.js";
import { badConfiguration, launchFailed, launchTimedOut, unresponsive } from "../../client/errors.js";
import type { Launched } from "../../client/launch.js";
import { probe } from "../../client/probe.js";
import type { ClientError } from "../../client-error.js";
import { checkConfiguration } from "../configuration-check.js";
import type { Context } from "../context.js";
import { launchOptions } from "../launch-options.js";
import type { Installation } from "./installation.js";

const LOOK_AGAIN_MS = 50;

/**
 * Returns at once when a daemon runs already, whoever started it.
 * @throws {ServiceError} the manager refuses.
 * @throws {ClientError} `unresponsive`, `bad-config`, `launch-failed`, `launch-timed-out`.
 */
export async function startService(installation: Installation, context: Context): Promise<Launched> {
  const { manager, service } = installation;
  const { whereabouts, timeoutMs } = launchOptions(context);
  const deadline = performance.now() + timeoutMs;
  const present = await probe(whereabouts);
  if (present.state === "running") return { found: present, alreadyRunning: true };
  if (present.state === "unresponsive") throw unresponsive(present.descriptor.pid, present.why);
  await manager.start(service);
  while (performance.now() < deadline) {
    // Asked first: whether it still runs matters only when nobody answers.
    const { active } = await manager.state(service);
    const found = await probe(whereabouts);
    if (found.state === "running") return { found, alreadyRunning: false };
    if (!active) throw await whyNot(installation, context);
    await sleep(LOOK_AGAIN_MS);
  }
  throw launchTimedOut(timeoutMs);
}

/** What the daemon said went to the service manager's log; most often its check can say it again. */
async function whyNot({ service }: Installation, context: Context): Promise<ClientError> {
  const { whereabouts, timeoutMs } = launchOptions(context);
  const check = await checkConfiguration(context, whereabouts, { timeoutMs });
  if (check.outcome === "refused") return badConfiguration(check.why);
  const isWrong = check.outcome === "checked" && !check.report.starts;
  if (isWrong) return badConfiguration(check.report.problems.map(formatProblem).join("\n"));
  return launchFailed(`the service ${service.name} ended`);
}
