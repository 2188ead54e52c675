// Who may act on whom: the operator on all, an agent on itself and on those its definition names.
import { mayNotControl, notPermitted } from "../../protocol/errors.js";
import { matchGlob } from "../../protocol/names.js";
import type { Caller } from "../server/peer.js";
import type { Agent } from "../supervisor/agent.js";
import type { Supervisor } from "../supervisor/supervisor.js";

type AgentCaller = Extract<Caller, { readonly role: "agent" }>;

/** The caller of a method that only agents may call. */
export function asAgent(caller: Caller | null): AgentCaller {
  if (caller?.role === "agent") return caller;
  throw new Error("the method table let a call through that it should have refused");
}

/** For a part of a method whose rest agents may call. @throws HearthError `not-permitted` for an agent */
export function assertIsOperator(caller: Caller | null, what: string): void {
  if (caller?.role === "agent") throw notPermitted(what);
}

/** @throws HearthError `not-permitted`, naming the permission that is missing */
export function assertMayControl(
  supervisor: Supervisor,
  caller: Caller | null,
  wish: { readonly verb: string; readonly agents: readonly Agent[] },
): void {
  if (caller?.role !== "agent") return;
  const permitted = supervisor.find(caller.agent)?.spec.mayControl ?? [];
  const { verb, agents } = wish;
  const other = agents.find(({ name }) => name !== caller.agent && !permitted.some((glob) => matchGlob(glob, name)));
  if (other === undefined) return;
  throw mayNotControl(caller.agent, verb, other.name);
}
