// What the doctor says about the daemon: whether it serves, how clients find it, and what it and its agents need.
import type { AgentStatus, DaemonStatus } from "../../../protocol/methods.js";
import { DAEMON_VERSION, PROTOCOL_VERSION } from "../../../protocol/version.js";
import type { LockFact } from "../../client/lock-file.js";
import type { Probe } from "../../client/probe.js";
import type { Survivor } from "../../client/survivors.js";
import { formatDuration } from "../render/duration.js";
import { atMost, type Finding, fine, note, problem } from "./finding.js";
import { shellWord } from "./shell-word.js";

export interface DaemonFacts {
  readonly descriptorPath: string;
  readonly found: Found;
  readonly socket: SocketFact;
  readonly lock: LockFact;
  /** Sockets and marks of daemons that are gone. */
  readonly leftovers: readonly string[];
  /** Agents that are alive, if that can be seen. */
  readonly survivors: readonly Survivor[];
  /** Null when nobody could be asked. */
  readonly agents: readonly AgentStatus[] | null;
  /** Real path of the home; as it was named when it does not exist. */
  readonly home: string;
  /** Whether this runs with an agent's token. */
  readonly isInSession: boolean;
}

/** `unknown`: the descriptor is there and cannot be relied on. */
export type Found = Probe | { readonly state: "unknown"; readonly why: string; readonly hint: string };

export interface SocketFact {
  readonly path: string;
  /** The longest path that the system allows, if this one is longer. */
  readonly maxBytes: number | null;
  readonly kind: "none" | "socket" | "something-else";
  /** Whether a daemon answers there; null when nobody was asked. */
  readonly answers: boolean | null;
}

export function examineDaemon(facts: DaemonFacts): readonly Finding[] {
  return [
    daemon(facts.found, facts),
    descriptor(facts),
    socket(facts),
    lock(facts),
    leftovers(facts),
    sessions(facts),
    version(facts.found),
    ...health(facts.found),
    ...agents(facts.agents),
  ];
}

const START = "run `hearth daemon start`";

function daemon(found: Found, { isInSession, descriptorPath }: DaemonFacts): Finding {
  switch (found.state) {
    case "unknown":
      return problem("daemon", `it cannot be told: ${found.why}`, found.hint);
    case "stopped":
      return note("daemon", "it is not running", START);
    case "stale":
      return problem("daemon", `it is gone: ${found.why}`, STALE);
    case "unresponsive":
      return problem("daemon", `it does not answer: ${found.why}`, adviceForSilence(found));
    case "running":
      if (found.status !== null) return fine("daemon", runningLine(found.status));
      if (found.descriptor === null) return fine("daemon", "it answers");
      return problem("daemon", `it answers, but: ${found.why}`, adviceForToken(descriptorPath, { isInSession }));
  }
}

const STALE = "run `hearth daemon start` to adopt its agents, or `hearth daemon stop` to clean up";

function adviceForSilence({ descriptor: { pid }, why }: Probe & { readonly state: "unresponsive" }): string {
  const end = "run `hearth daemon stop` to end it";
  return why.includes("SIGSTOP") ? `run \`kill -CONT ${pid}\` to let it go on, or ${end}` : `wait, or ${end}`;
}

function adviceForToken(descriptorPath: string, { isInSession }: { readonly isInSession: boolean }): string {
  if (isInSession) return "this session has ended: run `unset HEARTH_TOKEN HEARTH_SOCKET`, then `hearth doctor` again";
  return `run \`rm ${shellWord(descriptorPath)}\`: the daemon writes it anew`;
}

function runningLine({ pid, uptimeMs, agents }: DaemonStatus): string {
  return `running, pid ${pid}, up ${formatDuration(uptimeMs)}; agents: ${agents.total}`;
}

function descriptor({ descriptorPath, found, home }: DaemonFacts): Finding {
  const anew = `run \`rm ${shellWord(descriptorPath)}\`: the daemon writes it anew`;
  if (found.state === "unknown") return problem("descriptor", found.why, found.hint);
  if (found.state === "stopped") return fine("descriptor", "there is none, as no daemon runs");
  if (found.state === "stale") return problem("descriptor", found.why, STALE);
  if (found.descriptor === null) return problem("descriptor", found.why ?? "it cannot be read", anew);
  const status = found.state === "running" ? found.status : null;
  if (status !== null && status.home !== home)
    return problem(
      "descriptor",
      `the daemon that answers serves ${status.home}`,
      "leave out `--socket`, or name its home with `--home`",
    );
  if (status !== null && status.instanceId !== found.descriptor.instanceId)
    return problem("descriptor", "it names another daemon than the one that answers", anew);
  return fine("descriptor", `${descriptorPath} names process ${found.descriptor.pid}`);
}

function socket({ socket, found }: DaemonFacts): Finding {
  const { path, maxBytes, kind, answers } = socket;
  const restored = "the daemon puts it back; look again with `hearth doctor`";
  if (maxBytes !== null && found.state === "stopped")
    return note("socket", `${path} is too long a path (${maxBytes} bytes at most)`, SHORTER);
  if (maxBytes !== null) return problem("socket", `${path} is too long a path (${maxBytes} bytes at most)`, SHORTER);
  if (kind === "something-else")
    return problem(
      "socket",
      `${path} is there and is no socket`,
      `run \`mv ${shellWord(path)} ${shellWord(`${path}.old`)}\``,
    );
  if (found.state === "running") return fine("socket", `a daemon answers on ${path}`);
  if (found.state === "unresponsive" && kind === "none") return problem("socket", `${path} is gone`, restored);
  if (found.state === "stopped" && answers === true)
    return problem("socket", `a daemon answers on ${path}, but it has no descriptor here`, restored);
  return fine("socket", kind === "none" ? "there is none, as no daemon runs" : path);
}

const SHORTER = "give a shorter path, as `hearth daemon start --socket PATH` does; without, one is chosen elsewhere";

function lock({ lock, found }: DaemonFacts): Finding {
  const named = "descriptor" in found ? found.descriptor : null;
  if (lock.state === "none") {
    if (found.state !== "running") return fine("lock", "nobody holds the home");
    return problem(
      "lock",
      "the lock of the running daemon was deleted: it will end its agents",
      "run `hearth daemon start` then",
    );
  }
  if (lock.state === "unreadable") return note("lock", `${lock.path} cannot be read: ${lock.why}`, START);
  const { pid, life, path, instanceId } = lock;
  if (life === "gone") return fine("lock", `nobody holds the home (${path} is that of process ${pid}, which is gone)`);
  if (named?.instanceId === instanceId) return fine("lock", `process ${pid} holds the home`);
  const seen = `process ${pid} holds the home, but the descriptor here does not name it`;
  if (life === "halted") return problem("lock", `${seen}, and it is halted (SIGSTOP)`, `run \`kill -CONT ${pid}\``);
  return problem(
    "lock",
    seen,
    "run `hearth daemon start`, which waits for it; or name its descriptor with `--descriptor`",
  );
}

function leftovers({ leftovers }: DaemonFacts): Finding {
  const [first, ...others] = leftovers;
  if (first === undefined) return fine("leftovers", "no daemon that is gone left anything");
  const more = others.length === 0 ? "" : ` (and ${others.length} more)`;
  return note(
    "leftovers",
    `${first}${more} is of a daemon that is gone`,
    "run `hearth daemon start`, which clears them away",
  );
}

function sessions({ survivors, found }: DaemonFacts): Finding {
  const isServed = found.state === "running" || found.state === "unresponsive";
  const alive = [...new Map(survivors.map((survivor) => [survivor.agent, survivor])).values()];
  if (isServed || alive.length === 0) return fine("sessions", "none lives without a daemon");
  const names = alive.map(({ agent, pid }) => `${agent} (pid ${pid})`).join(", ");
  const advice = "run `hearth daemon start` to adopt them; `hearth stop --all` then ends them";
  return note("sessions", `these agents live without a daemon: ${names}`, advice);
}

function version(found: Found): Finding {
  const own = `hearth ${DAEMON_VERSION}`;
  const descriptor = "descriptor" in found ? found.descriptor : null;
  const isThere = found.state === "running" || found.state === "unresponsive";
  if (descriptor === null || !isThere) return fine("version", own);
  const { daemonVersion, protocolVersion } = descriptor;
  const both = `${own}, the daemon is ${daemonVersion}`;
  const restart = "run `hearth daemon restart`, under which the agents go on";
  if (protocolVersion > PROTOCOL_VERSION)
    return problem("version", `${both} and speaks a newer protocol`, "run `npm install --global hearthd`");
  if (protocolVersion < PROTOCOL_VERSION) return problem("version", `${both} and speaks an older protocol`, restart);
  if (daemonVersion !== DAEMON_VERSION) return note("version", both, restart);
  const isNewer = found.state === "running" && found.status?.executableIsNewer === true;
  return isNewer ? note("version", `${own}; hearthd on disk is newer than the daemon`, restart) : fine("version", both);
}

function health(found: Found): readonly Finding[] {
  const status = found.state === "running" ? found.status : null;
  if (status === null) return [];
  const { reasons } = status.health;
  if (reasons.length === 0) return [fine("health", "the daemon is well")];
  return reasons.map((reason) => problem("health", `degraded: ${reason}`, adviceForReason(reason)));
}

function adviceForReason(reason: string): string {
  if (reason.includes("cannot be written"))
    return "mend what stands above about the home; the daemon recovers by itself, as `hearth daemon status` then says";
  if (reason.includes("is damaged"))
    return "what could not be read is lost; `hearth daemon logs` has the details, `hearth daemon restart` ends this";
  return "see `hearth daemon logs`";
}

function agents(agents: readonly AgentStatus[] | null): readonly Finding[] {
  if (agents === null) return [];
  const sick = agents.filter(({ state }) => state === "failed" || state === "backoff");
  if (sick.length === 0) return [fine("agents", agents.length === 0 ? "there are none" : "none has failed")];
  // Those that are given up come first.
  const inOrder = sick.toSorted((a, b) => Number(a.state === "backoff") - Number(b.state === "backoff"));
  return atMost(inOrder.map(sickAgent), { more: "see `hearth status`" });
}

function sickAgent({ agent, state, lastExit, backoffUntil }: AgentStatus): Finding {
  const reason = lastExit?.reason ?? "it did not start";
  if (state === "backoff")
    return note("agents", `${agent} is in backoff until ${backoffUntil}: ${reason}`, `see \`hearth logs ${agent}\``);
  const advice = `see \`hearth logs ${agent}\`, mend it, then run \`hearth start ${agent} --reset\``;
  return problem("agents", `${agent} has failed: ${reason}`, advice);
}
