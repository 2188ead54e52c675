// A program that stands for the leadership of a home and says what came of it; the lock's tests start many of them.
//
// A leader listens on a socket without a file: the kernel is the referee, since no two processes can hold its name at once
// and it is free again as soon as its holder is dead.
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { createServer } from "node:net";
import { waitForEnd } from "../../src/daemon/incumbent-end.js";
import { acquireLeadership } from "../../src/daemon/lock.js";
import { readIdentity } from "../../src/sessions/identity.js";
import { CANDIDATE_ID_LENGTH, type SocketDirectory } from "../../src/socket-directory.js";

export interface CandidateOrders {
  readonly runDirectory: string;
  readonly sockets: SocketDirectory;
  /** The name of the referee's socket, which nobody else in the world uses. */
  readonly referee: string;
  /** `once`: ends when it yields; `again`: waits for the incumbent's end and stands again. */
  readonly stand: "once" | "again";
}

/** What a candidate prints, one JSON value a line. */
export type Report =
  | { readonly said: "ready"; readonly pid: number }
  | { readonly said: "leading"; readonly pid: number; readonly generation: number; readonly stillHeld: boolean }
  | { readonly said: "yielded"; readonly pid: number; readonly to: number; readonly reachable: boolean }
  | { readonly said: "second leader"; readonly pid: number }
  | { readonly said: "held"; readonly pid: number; readonly stillHeld: boolean }
  | { readonly said: "failed"; readonly pid: number; readonly why: string };

const orders: CandidateOrders = JSON.parse(process.argv[2] ?? "{}");
const signal = new AbortController().signal;
const { pid } = process;

function report(report: Report): void {
  process.stdout.write(`${JSON.stringify(report)}\n`);
}

async function stand(): Promise<void> {
  const identity = await readIdentity(pid);
  if (identity === null) throw new Error("no identity");
  const { runDirectory, sockets } = orders;
  const instanceId = randomBytes(CANDIDATE_ID_LENGTH / 2).toString("hex");
  const newServer = () => createServer();
  const election = await acquireLeadership({ runDirectory, sockets, instanceId, identity, newServer, signal });
  if (election.outcome === "yielded") {
    const { to } = election;
    report({ said: "yielded", pid, to: to.pid, reachable: to.reachable });
    if (orders.stand === "once") return;
    await waitForEnd(to.socketPath, to.identity, signal);
    return stand();
  }
  if (!(await heldByNobodyElse())) return report({ said: "second leader", pid });
  await election.publish();
  report({ said: "leading", pid, generation: election.generation, stillHeld: election.stillHeld() });
  process.stdin.on("data", () => report({ said: "held", pid, stillHeld: election.stillHeld() }));
}

async function heldByNobodyElse(): Promise<boolean> {
  const referee = createServer();
  try {
    const listening = once(referee, "listening");
    referee.listen(`\0${orders.referee}`);
    await listening;
    return true;
  } catch {
    return false;
  }
}

report({ said: "ready", pid });
process.stdin.once("data", () => {
  stand().then(
    () => process.stdin.unref?.(),
    (error: unknown) => {
      report({ said: "failed", pid, why: String(error) });
      process.exit(1);
    },
  );
});
