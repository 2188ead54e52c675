// Finds out whether a gate that an earlier daemon left behind has let its command run.
import { setTimeout as sleep } from "node:timers/promises";
import { isAlive, signalProcess } from "./identity.js";
import type { Marks } from "./marks.js";
import { readProcFile } from "./proc-files.js";
import type { AgentIncarnation, SessionRef } from "./session.js";

/** What a gate's shell is told to call itself, until it becomes the command. */
export const GATE_NAME = "hearth-gate";

/** Time an earlier daemon's gate gets to see that its daemon died. One that takes longer is stopped, and killed unrun. */
const DECIDES_WITHIN_MS = 2_000;
const LOOK_EVERY_MS = 5;

/** Waits for a gate that has not decided. True when the leader lives and runs the command, false when it has ended. */
export async function runsCommand(ref: SessionRef, owner: AgentIncarnation, marks: Marks): Promise<boolean> {
  const deadline = performance.now() + DECIDES_WITHIN_MS;
  while (await isAlive(ref.identity)) {
    if (marks.exists(owner.agent, owner.incarnation)) return true;
    // Its mark was deleted or damaged: without a new one it would be taken for a gate, and killed.
    if (isGate(ref.identity.pid) === false) marks.mend(owner, ref);
    else if (performance.now() > deadline) await signalProcess(ref.identity, "SIGKILL");
    await sleep(LOOK_EVERY_MS);
  }
  return false;
}

/** Whether a process is a gate that has not become its command; null where command lines can't be seen, or it is gone. */
export function isGate(pid: number): boolean | null {
  const commandLine = readProcFile(`/proc/${pid}/cmdline`);
  if (commandLine === null || commandLine.length === 0) return null;
  return commandLine.toString("latin1").split("\0")[NAME_AFTER_SCRIPT] === GATE_NAME;
}

/** In `/bin/sh -c SCRIPT NAME`. */
const NAME_AFTER_SCRIPT = 3;
