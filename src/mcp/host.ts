// What the program that runs the MCP server gives it: ways to the daemon, and words for people.
import type { AgentStatus, DaemonStatus, LifecycleRequest, Result } from "../../protocol/methods.js";
import type { Client } from "../client/client.js";

/** Results and failures in lines that hold nothing but text: what agents wrote must not control a terminal. */
export interface Words {
  agents(agents: readonly AgentStatus[]): readonly string[];
  /** The daemon, with one agent in full or several at a glance. */
  status(seen: { readonly daemon: DaemonStatus; readonly agents: readonly AgentStatus[] }): readonly string[];
  request(request: LifecycleRequest): string;
  requests(requests: readonly LifecycleRequest[]): readonly string[];
  poke(outcome: Result<"agent.poke">): string;
  /** Lines that an agent wrote. */
  written(lines: readonly string[]): readonly string[];
  failure(error: unknown): Failure;
}

/** Anything thrown, for programs and for people. */
export interface Failure {
  readonly report: { readonly error: { readonly kind: string; readonly message: string; readonly hint: string } };
  readonly lines: readonly string[];
}

export interface Host {
  /** Connects to the daemon, which is started first if that was asked for. */
  reach(): Promise<Client>;
  /** Connects to a daemon that runs already. */
  connect(): Promise<Client>;
  /** Whether this runs in the session of an agent. */
  readonly isInSession: boolean;
  /** Milliseconds that one call may take. */
  readonly timeoutMs: number;
  readonly words: Words;
  /** Says something on stderr, since stdout is the client's. */
  note(text: string): void;
}

/**
 * Does something over a connection of its own. Between its calls an agent is thus not attached, which is the truth: a model
 * that is not asking can be told nothing, be it a heartbeat or that a handoff is wanted.
 * @throws what connecting or the calls throw.
 */
export async function withDaemon<T>({ reach }: Pick<Host, "reach">, use: (client: Client) => Promise<T>): Promise<T> {
  const client = await reach();
  try {
    return await use(client);
  } finally {
    await client.close();
  }
}
