// A test that speaks for an agent: attached with the token that the agent's own process was given.
import { onTestFinished } from "vitest";
import type { TestDaemon } from "./daemon.js";
import { eventually } from "./deadline.js";
import { environmentOf } from "./processes.js";
import type { Wire } from "./wire.js";

/** The token of an agent's present session, once that is running. */
export async function tokenOf(daemon: TestDaemon, agent: string): Promise<string> {
  const { pid } = await daemon.until(agent, ({ state }) => state === "running");
  const { HEARTH_TOKEN } = await environmentOfSession(pid);
  return HEARTH_TOKEN ?? "";
}

/** The environment of a session that runs; in the middle of exec(2) a process has none for a moment. */
export function environmentOfSession(pid: number | null): Promise<Readonly<Record<string, string>>> {
  const look = () => {
    const environment = environmentOf(pid ?? 0);
    return "HEARTH_TOKEN" in environment ? environment : null;
  };
  return eventually(look, `the environment of ${pid}`);
}

/** A connection attached as an agent's present session; it is closed after the test. */
export async function attachAs(daemon: TestDaemon, agent: string): Promise<Wire> {
  const wire = await daemon.attach(await tokenOf(daemon, agent));
  onTestFinished(() => wire.close());
  return wire;
}

/** Beats until called off, or until the connection refuses. */
export function keepBeating(wire: Wire, everyMs: number): () => void {
  const beat = (): void => {
    wire.call("agent.beat", {}).catch(() => clearInterval(timer));
  };
  const timer = setInterval(beat, everyMs);
  onTestFinished(() => clearInterval(timer));
  beat();
  return () => clearInterval(timer);
}
