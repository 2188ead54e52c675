// What can go wrong before or beside an answer of the daemon: errors that are made in the client, never on the wire.
import { HINT_MARK, type Hint, hintOf } from "../../protocol/hint.js";
import { ClientError } from "../client-error.js";

const START = "run `hearth daemon start`";

/** Nothing serves this home. `why` says how that is known when it is more than a missing descriptor. */
export function offline(why?: string, cause?: unknown): ClientError {
  const reason = why === undefined ? "" : ` (${why})`;
  return new ClientError("offline", `daemon offline: ${START}${reason}`, START, { cause });
}

/** The connection ended while an answer was due: what was asked may have been done or not. */
export function connectionLost(why: string): ClientError {
  return new ClientError("connection-lost", `the daemon closed the connection: ${why}`, "run `hearth daemon status`");
}

/** A process holds the home and does not answer. */
export function unresponsive(pid: number | null, why: string): ClientError {
  const who = pid === null ? "the daemon" : `the daemon (pid ${pid})`;
  return new ClientError(
    "unresponsive",
    `${who} does not answer: ${why}`,
    "wait, or run `hearth daemon stop` to end it; `hearth doctor` tells more",
  );
}

/** The descriptor was written by a later version, whose rules this client does not know. */
export function descriptorNewer(path: string, detail: string): ClientError {
  const message = `${path} was written by a newer hearthd: ${detail}`;
  return new ClientError(
    "descriptor-newer",
    message,
    "upgrade this client with `npm install --global hearthd`, then run `hearth doctor`",
  );
}

/** A daemon answers but the file that holds its token cannot be used. */
export function descriptorDamaged(path: string, detail: string): ClientError {
  const message = `a daemon answers, but its descriptor ${path} is of no use: ${detail}`;
  return new ClientError(
    "descriptor-damaged",
    message,
    "remove that file, which the daemon writes anew, then run `hearth daemon status`",
  );
}

/** hearthd ended before it served. */
export function launchFailed(reason: string): ClientError {
  const told = asTold(reason, "see its log: `hearth daemon logs`, or run `hearth doctor`");
  return new ClientError("launch-failed", `the daemon did not start: ${told.message}`, told.hint);
}

/** A service manager was to start hearthd, which ended before it served. */
export function notAwakened(socketPath: string): ClientError {
  const message = `the service manager that listens on ${socketPath} started the daemon, which could not serve`;
  return new ClientError("launch-failed", message, `for the reason ${START}`);
}

/** A daemon holds the home, and its descriptor is somewhere else. */
export function heldElsewhere(pid: number, descriptorPath: string): ClientError {
  const message = `another daemon (pid ${pid}) holds this home, and its descriptor is not ${descriptorPath}`;
  return new ClientError("home-held", message, "name it with --descriptor; `hearth doctor` tells more");
}

/** hearthd neither served nor ended in time. */
export function launchTimedOut(timeoutMs: number): ClientError {
  const message = `the daemon did not answer within ${timeoutMs / 1000} s`;
  return new ClientError(
    "launch-timed-out",
    message,
    "see its log: `hearth daemon logs`, or give it longer: --timeout 2m",
  );
}

/** hearthd was to say what it thinks of hearth.toml, and did not in time. */
export function checkTimedOut(timeoutMs: number): ClientError {
  const message = `hearthd did not check the configuration within ${timeoutMs / 1000} s`;
  return new ClientError("launch-timed-out", message, "run `hearth config check --timeout 2m`, or `hearth doctor`");
}

/** The daemon still answers, so it is still stopping its agents and must not be killed. */
export function stopTimedOut(pid: number): ClientError {
  const message = `the daemon (pid ${pid}) is still stopping its agents`;
  return new ClientError(
    "stop-timed-out",
    message,
    "look again with `hearth daemon status`, or wait longer: --timeout 2m",
  );
}

/** This process is the first of a container: orphans come to it, and Node reaps none. */
export function firstProcess(): ClientError {
  const message = "hearth cannot be process 1 of a container: Node does not reap the orphans that agents leave";
  const hint =
    "let `docker run --init` (or tini) run `hearth daemon run`, or the script examples/container/entry run hearthd";
  return new ClientError("bad-config", message, hint);
}

/** hearthd refused its configuration or its home. */
export function badConfiguration(reason: string): ClientError {
  const told = asTold(reason, "mend it, then run `hearth config check`; `hearth doctor` looks at everything else");
  return new ClientError("bad-config", told.message, told.hint);
}

/** hearthd was to run where another one does. */
export function homeHeld(pid: number, home: string): ClientError {
  return new ClientError(
    "home-held",
    `another daemon (pid ${pid}) holds ${home}`,
    "run `hearth daemon status` to see it, or choose another home with --home",
  );
}

/** Takes hearthd's own hint, if its last line is one, in place of the general one. */
function asTold(reason: string, general: Hint): { readonly message: string; readonly hint: Hint } {
  const at = reason.lastIndexOf(`\n${HINT_MARK}`);
  if (at === -1) return { message: reason, hint: general };
  const advice = reason.slice(at + 1 + HINT_MARK.length);
  return { message: reason.slice(0, at), hint: hintOf(advice, "run `hearth doctor`") };
}
