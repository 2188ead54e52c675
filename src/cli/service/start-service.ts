// Starts the daemon through its service manager, and returns once it answers.
import { execFile } from "node:child_process";
import { setTimeout as sleep } from "node:timers/promises";
import type { Whereabouts } from "../../client/discover.js";
import { badConfiguration, type ClientError, launchFailed, launchTimedOut, unresponsive } from "../../client/errors.js";
import type { Launched } from "../../client/launch.js";
import { probe } from "../../client/probe.js";
import type { Installation } from "./installation.js";
import type { Service } from "./service.js";

const LOOK_AGAIN_MS = 50;

/**
 * Returns at once when a daemon runs already, whoever started it.
 * @throws {ServiceError} the manager refuses.
 * @throws {ClientError} `unresponsive`, `bad-config`, `launch-failed`, `launch-timed-out`.
 */
export async function startService(
  { manager, service }: Installation,
  { whereabouts, timeoutMs }: { readonly whereabouts: Whereabouts; readonly timeoutMs: number },
): Promise<Launched> {
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
    if (!active) throw await whyNot(service);
    await sleep(LOOK_AGAIN_MS);
  }
  throw launchTimedOut(timeoutMs);
}

/** What the daemon said went to the service manager's log; most often the same program can say it again. */
function whyNot({ command, name }: Service): Promise<ClientError> {
  const [program, ...args] = command;
  return new Promise((resolve) => {
    execFile(program, [...args, "--check"], (error, stdout, stderr) => {
      const said = `${stdout}${stderr}`.trim();
      resolve(error !== null && said !== "" ? badConfiguration(said) : launchFailed(`the service ${name} ended`));
    });
  });
}
