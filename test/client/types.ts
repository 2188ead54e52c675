// What a program that uses `hearthd/client` may write and may not: checked by the compiler, never run. package.test.ts has the
// same file compiled against the package as it is installed.
import { type AgentStatus, ClientError, connect, HearthError } from "../../src/client/index.js";

export async function fits(): Promise<void> {
  const hearth = await connect({ home: "/h", autostart: true, timeoutMs: 1_000, signal: AbortSignal.timeout(1_000) });
  await connect();

  const { agents } = await hearth.call("agent.list", {});
  const first: AgentStatus | undefined = agents[0];
  const pid: number | null | undefined = first?.pid;
  const { request } = await hearth.call(
    "lifecycle.request",
    { agent: "mayor", action: "cycle", handoff: "note" },
    { timeoutMs: 5_000, signal: AbortSignal.timeout(5_000) },
  );
  const state: "accepted" | "running" | "done" | "failed" | "expired" | "superseded" = request.state;
  const raw: unknown = await hearth.request("method.of.a.newer.daemon", { any: "thing" });

  for await (const { method, params } of await hearth.subscribe({ types: ["agent.*"] })) {
    if (method === "events.lagged") continue;
    if (params.type === "agent.exited") hear(params.agent, params.data.code, params.data.signal);
    if (params.type === "lifecycle.done") hear(params.agent, params.data.incarnation.after, params.data.reason);
  }
  for await (const { params } of await hearth.followLog({ agent: "daemon", lines: 10 })) hear(...params.lines);
  for await (const { method, params } of await hearth.notices()) if (method === "heartbeat") hear(params.message);

  hear(pid, state, raw);
  await hearth.close();
}

export async function doesNotFit(): Promise<void> {
  // @ts-expect-error an option that there is not
  const hearth = await connect({ hom: "/h" });
  // @ts-expect-error a method that there is not
  await hearth.call("agent.lst", {});
  // @ts-expect-error a name that every object has is no method
  await hearth.call("toString", {});
  // @ts-expect-error a param that there is not
  await hearth.call("agent.get", { agnt: "mayor" });
  // @ts-expect-error a param beside those that there are
  await hearth.call("agent.get", { agent: "mayor", verbose: true });
  // @ts-expect-error a param that is missing
  await hearth.call("agent.get", {});
  // @ts-expect-error a param of the wrong type
  await hearth.call("agent.logs", { agent: "mayor", lines: "many" });
  // @ts-expect-error a word that is not one of those that are taken
  await hearth.call("lifecycle.request", { action: "explode" });
  // @ts-expect-error a field that who is calling never chooses
  await hearth.call("lifecycle.request", { action: "cycle", from: "mayor" });
  // @ts-expect-error params of a method that takes none
  await hearth.call("daemon.status", { all: true });
  // @ts-expect-error a field that the result does not have
  hear((await hearth.call("daemon.status", {})).procId);
  // @ts-expect-error the way of an option that calls do not have
  await hearth.call("daemon.status", {}, { timeout: 5 });
  for await (const { method, params } of await hearth.subscribe()) {
    // @ts-expect-error an event type that there is not
    if (method === "event" && params.type === "agent.exitted") continue;
    // @ts-expect-error the data of another event
    if (method === "event" && params.type === "agent.exited") hear(params.data.deliverd);
  }
}

/** Both kinds of errors are told apart by their class and their `kind`. */
export function kindOf(error: unknown): string {
  return error instanceof HearthError || error instanceof ClientError ? `${error.kind}: ${error.hint}` : "unknown";
}

function hear(...things: unknown[]): void {
  void things;
}
