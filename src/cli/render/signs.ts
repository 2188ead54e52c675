// One character for the state of an agent, so that it is seen without colours and without reading.
import type { AgentState, AgentStatus } from "../../../protocol/methods.js";
import type { Colour, Style } from "./text.js";

interface Sign {
  readonly unicode: string;
  /** For terminals whose encoding has nothing else. */
  readonly ascii: string;
}

const SIGNS: Readonly<Record<AgentState | "not-ready", Sign>> = {
  running: { unicode: "●", ascii: "*" },
  "not-ready": { unicode: "◐", ascii: "+" },
  starting: { unicode: "◌", ascii: "+" },
  stopping: { unicode: "◑", ascii: "-" },
  stopped: { unicode: "○", ascii: "o" },
  backoff: { unicode: "↻", ascii: "~" },
  failed: { unicode: "✖", ascii: "x" },
};

/** The sign of an agent's state. */
export function signOf({ state, ready }: Pick<AgentStatus, "state" | "ready">, style: Style): string {
  const sign = SIGNS[state === "running" && !ready ? "not-ready" : state];
  return style.isAscii ? sign.ascii : sign.unicode;
}

/** The colour of an agent's state. */
export function colourOf({ state, ready }: Pick<AgentStatus, "state" | "ready">): Colour {
  if (state === "failed") return "red";
  if (state === "stopped") return "dim";
  return state === "running" && ready ? "green" : "yellow";
}
