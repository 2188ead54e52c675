// A test that speaks for an agent: attached with the token that the agent's own process was given.
import { onTestFinished } from "vitest";
import type { TestDaemon } from "./daemon.js";
import { environmentOf } from "./processes.js";
import type { Wire } from "./wire.js";

/** The token of an agent's present session, once that is running. */
export async function tokenOf(daemon: TestDaemon, agent: string): Promise<string> {
  const { pid } = await daemon.until(agent, ({ state }) => state === "running");
  return environmentOf(pid ?? 0).HEARTH_TOKEN ?? "";
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
