// All agents of one daemon: finds them, orders them by their dependencies, and hands every request to their machines.
import { noSuchAgent, notPossible, shuttingDown } from "../../protocol/errors.js";
import type { HearthEvent } from "../../protocol/events.js";
import type { AgentStatus } from "../../protocol/methods.js";
import { isGlob, matchGlob, parseAgentGlob } from "../../protocol/names.js";
import { suggest } from "../../protocol/suggest.js";
import type { AgentSpec } from "../config/spec.js";
import type { AgentIncarnation, SessionRef } from "../sessions/session.js";
import type { Store } from "../storage/store.js";
import { Agent, type AgentRecord, type AgentWorld } from "./agent.js";
import { dependentsOf, inStartOrder } from "./dependencies.js";
import { toEvent } from "./events.js";
import { readRecords, takeInventory } from "./inventory.js";
import { type AgentState, type Announcement, isHeld, type RestartDue } from "./machine.js";
import { agentHistory, agentStatus, wantedNow } from "./status.js";
import type { LiveSession } from "./stock.js";
import { endStray, straySpec } from "./stray.js";

export interface SupervisorWorld extends Omit<AgentWorld, "announce"> {
  readonly store: Store;
  announce(event: HearthEvent): void;
  /** An agent's heartbeat has an interval, or no longer. */
  scheduleHeartbeat(agent: string, intervalMs: number | null): void;
  /** Names this boot of this machine (or container): monotonic times and processes of another are void. */
  readonly boot: string;
  /** Where an agent's output goes. */
  logFile(agent: string): string;
  /** When its schedule restarts an agent next, in unix milliseconds; null when nothing is to come. */
  nextRestartAt(agent: string): number | null;
}

/** A definition that is new, gone or different; `mustRestart` when a running session can't take it on. */
export interface SpecChanges {
  readonly added: readonly AgentSpec[];
  readonly removed: readonly string[];
  readonly changed: readonly { readonly spec: AgentSpec; readonly mustRestart: boolean }[];
}

/** An agent without a ready condition that is up this long did not end at once, in milliseconds. */
const PROVED_AFTER_MS = 250;

const DONE = Promise.resolve();

export class Supervisor {
  readonly #agents = new Map<string, Agent>();
  readonly #specs = new Map<string, AgentSpec>();
  #dependents: ReadonlyMap<string, readonly string[]> = new Map();
  readonly #world: SupervisorWorld;
  readonly #agentWorld: AgentWorld;
  readonly #life = new AbortController();
  /** Agents with a session but no definition. */
  #orphans: Agent[] = [];
  /** Sessions that live on though their agent has a later one, by agent. */
  #strays = new Map<string, readonly LiveSession[]>();
  /** Resolves when none of them is left. */
  #strayless: Promise<unknown> = Promise.resolve();
  /** Agents that are forgotten once they have stopped, unless a new configuration takes them back meanwhile. */
  readonly #leaving = new Set<Agent>();
  #closing = false;

  constructor(world: SupervisorWorld) {
    this.#world = world;
    this.#agentWorld = { ...world, announce: (agent, announcement) => this.#announced(agent, announcement) };
  }

  /**
   * Gets to know every agent, as defined, as an earlier daemon recorded it and as it is found alive; nothing is done yet.
   * To be awaited before anybody can ask for a start, since what lives must not be started again.
   */
  async load(specs: readonly AgentSpec[]): Promise<void> {
    const { records, strays } = await takeInventory(this.#world);
    this.#strays = new Map(strays);
    for (const spec of specs) this.#admit(spec, records.get(spec.name) ?? null);
    this.#orphans = this.#admitOrphans(records);
    this.#index();
  }

  /**
   * Takes over the sessions an earlier daemon left, ends those that are nobody's any more, then starts what is wanted
   * and removes what ended sessions have left.
   */
  async recover(): Promise<void> {
    const orphans = this.#orphans.splice(0);
    const ends = new Map([...this.#strays].map(([name, strays]) => [name, this.#endStrays(name, strays)]));
    this.#strayless = Promise.allSettled(ends.values());
    for (const end of ends.values()) this.#own(end);
    await Promise.all([...this.#agents.values()].map((agent) => agent.recover()));
    for (const agent of orphans) this.#own((ends.get(agent.name) ?? DONE).then(() => this.#dismiss(agent)));
    for (const name of inStartOrder(this.#wanted(), this.#specs)) this.#startOne(name);
    await this.#sweep().catch((error: unknown) => this.#world.report("*", "could not clear what is left over", error));
  }

  /** Every agent, in the order of their names. */
  all(): readonly Agent[] {
    return [...this.#agents.values()].sort((a, b) => (a.name < b.name ? -1 : 1));
  }

  status(agents: readonly Agent[]): AgentStatus[] {
    return agents.map((agent) => this.#statusOf(agent));
  }

  /** @throws HearthError `no-such-agent` */
  statusOf(name: string): AgentStatus {
    return this.#statusOf(this.get(name));
  }

  /** Its changes of state in the last hour. */
  history(agent: Agent): NonNullable<AgentStatus["history"]> {
    return agentHistory(agent, this.#world.clock);
  }

  /** The live sessions and whose they are. */
  *sessions(): Iterable<AgentIncarnation & { readonly ref: SessionRef }> {
    for (const { name, state } of this.#agents.values()) {
      if (state.session !== null) yield { agent: name, incarnation: state.incarnation, ref: state.session };
    }
  }

  /** Undefined when there is no such agent. */
  find(name: string): Agent | undefined {
    return this.#agents.get(name);
  }

  /** @throws HearthError `no-such-agent`, with names that look alike */
  get(name: string): Agent {
    const agent = this.#agents.get(name);
    if (agent === undefined) throw noSuchAgent(name, suggest(name, this.#agents.keys()));
    return agent;
  }

  /** True while an agent is being removed: nothing may start it again. */
  isLeaving(name: string): boolean {
    const agent = this.#agents.get(name);
    return agent !== undefined && this.#leaving.has(agent);
  }

  /**
   * The agents a name or a glob stands for.
   * @throws HearthError `no-such-agent` for a name; a glob may match none
   */
  select(pattern: string): readonly Agent[] {
    const parsed = parseAgentGlob(pattern);
    if (!isGlob(parsed)) return [this.get(parsed)];
    return [...this.#agents.values()].filter((agent) => matchGlob(parsed, agent.name));
  }

  /**
   * Starts agents and what they depend on; answers at once. `reset` clears a crash loop first.
   * @throws HearthError `not-possible` for a single agent that has failed; a glob leaves those out
   */
  start(pattern: string, options: { readonly reset: boolean }): readonly Agent[] {
    this.#refuseWhenClosing();
    const chosen = this.select(pattern);
    this.#refuseLeaving(chosen);
    if (options.reset) for (const agent of chosen) agent.dispatch({ type: "reset" });
    else if (!isGlob(pattern)) this.#refuseFailed(chosen);
    const names = chosen.map((agent) => agent.name);
    for (const name of inStartOrder(names, this.#specs)) this.#startOne(name);
    return chosen;
  }

  /** @throws HearthError `not-possible` for a single agent that has failed; a glob leaves those out */
  restart(pattern: string): readonly Agent[] {
    this.#refuseWhenClosing();
    const chosen = this.select(pattern);
    this.#refuseLeaving(chosen);
    if (!isGlob(pattern)) this.#refuseFailed(chosen);
    for (const { name } of chosen) {
      for (const dependency of inStartOrder([name], this.#specs).filter((each) => each !== name))
        this.#startOne(dependency);
      const agent = this.get(name);
      if (agent.state.status === "running" || agent.state.status === "stopping") agent.dispatch({ type: "restart" });
      else this.#startOne(name);
    }
    return chosen;
  }

  /** A trigger has fired, for this incarnation or for whatever runs; whether the agent restarts is its machine's decision. */
  restartDue(name: string, due: Omit<RestartDue, "type" | "incarnation"> & { readonly incarnation?: number }): void {
    const agent = this.#agents.get(name);
    if (agent === undefined || this.#closing || this.#leaving.has(agent)) return;
    agent.dispatch({ type: "restart-due", incarnation: agent.state.incarnation, ...due });
  }

  /** Stops agents, dependents first; resolves when nothing of them is left. What was begun goes on when nobody waits any more. */
  async stop(agents: readonly Agent[]): Promise<void> {
    await this.#stopInOrder(agents, { remember: true });
  }

  /** Resolves when each agent is ready (and has not ended at once), or won't be without somebody's help. */
  async whenUp(agents: readonly Agent[], signal: AbortSignal): Promise<void> {
    await Promise.all(agents.map((agent) => this.#whenUp(agent, signal)));
  }

  /** The state of each agent, for counting. */
  *states(): Iterable<AgentState["status"]> {
    for (const agent of this.#agents.values()) yield agent.state.status;
  }

  /** Agents whose session is ready. */
  *ready(): Iterable<string> {
    for (const { name, state } of this.#agents.values()) if (state.ready) yield name;
  }

  /** Whether a session is the one that is alive now. */
  isCurrent(session: { readonly agent: string; readonly incarnation: number }): boolean {
    const state = this.#agents.get(session.agent)?.state;
    return state !== undefined && state.session !== null && state.incarnation === session.incarnation;
  }

  /** The live session that carries a token, by the token's hash. */
  sessionOfToken(tokenHash: string): { readonly agent: string; readonly incarnation: number } | null {
    for (const { name, state } of this.#agents.values()) {
      if (state.session?.tokenHash === tokenHash) return { agent: name, incarnation: state.incarnation };
    }
    return null;
  }

  /** Clears a crash loop or a backoff; the agent is then stopped. */
  reset(name: string): Agent {
    const agent = this.get(name);
    agent.dispatch({ type: "reset" });
    return agent;
  }

  /** Adds an agent that no configuration file defines. The caller has made sure that its dependencies exist. */
  add(spec: AgentSpec): Agent {
    this.#refuseWhenClosing();
    if (this.#agents.has(spec.name)) {
      throw notPossible(
        `There already is an agent "${spec.name}".`,
        `Choose another name, or run \`hearth remove ${spec.name}\` first.`,
      );
    }
    const agent = this.#admit(spec, readRecords(this.#world).get(spec.name) ?? null);
    this.#index();
    this.#tell(spec.name, "agent.added");
    return agent;
  }

  /** Stops an agent and forgets it, all but its last incarnation number. */
  async remove(name: string): Promise<void> {
    const agent = this.get(name);
    const [dependent] = this.#dependents.get(name) ?? [];
    if (dependent !== undefined) {
      throw notPossible(`"${dependent}" depends on "${name}".`, `Run \`hearth remove ${dependent}\` first.`);
    }
    await this.#dismiss(agent);
  }

  /** Takes on a new configuration; restarts only what must restart. */
  apply(changes: SpecChanges): void {
    const records = readRecords(this.#world);
    for (const name of changes.removed) this.#own(this.#dismiss(this.get(name)));
    for (const { spec } of changes.changed) {
      this.#specs.set(spec.name, spec);
      this.get(spec.name).configure(spec);
      this.#scheduleHeartbeat(spec);
    }
    for (const spec of changes.added) this.#takeIn(spec, records.get(spec.name) ?? null);
    this.#index();
    for (const { name } of changes.added) this.#tell(name, "agent.added");
    for (const { spec, mustRestart } of changes.changed) {
      this.#tell(spec.name, "agent.changed");
      const agent = this.get(spec.name);
      if (mustRestart && agent.state.status === "running") agent.dispatch({ type: "restart" });
    }
    const up = changes.added.filter((spec) => spec.autostart).map((spec) => spec.name);
    for (const name of inStartOrder(up, this.#specs)) this.#startOne(name);
  }

  /** Stops every agent without forgetting which are wanted: the daemon is going. */
  async stopAll(): Promise<void> {
    this.#closing = true;
    await this.#stopInOrder([...this.#agents.values()], { remember: false });
    await this.#strayless;
  }

  /** Refuses new work from here on; agents run on. */
  close(): void {
    this.#closing = true;
  }

  /** Removes what ended sessions have left; to be awaited once the state is written. */
  async closeSessions(): Promise<void> {
    await Promise.all(Object.values(this.#world.sessions).map((kind) => kind.close()));
  }

  /** Lets go of every timer and handle. */
  forget(): void {
    this.#life.abort(shuttingDown());
    for (const agent of this.#agents.values()) agent.forget();
  }

  #statusOf(agent: Agent): AgentStatus {
    return agentStatus(agent, {
      clock: this.#world.clock,
      waitingFor: isHeld(agent.state) ? this.#waitingFor(agent) : [],
      logFile: this.#world.logFile(agent.name),
      stderrFile: agent.stderrFile,
      nextRestartAt: this.#world.nextRestartAt(agent.name),
    });
  }

  // --- starting -----------------------------------------------------------------------------------------------------

  #startOne(name: string): void {
    // A daemon that is told to end while it recovers has agents that it has not started yet, or has just stopped.
    if (this.#closing) return;
    const agent = this.get(name);
    agent.dispatch({ type: "start", hold: this.#mustWait(agent) });
  }

  #mustWait(agent: Agent): boolean {
    return this.#strays.has(agent.name) || this.#waitingFor(agent).length > 0;
  }

  #waitingFor(agent: Agent): readonly string[] {
    return agent.spec.dependsOn.filter((name) => this.#agents.get(name)?.state.ready !== true);
  }

  /** Without a ready condition an agent is ready as soon as it runs: whether it stays up is seen a moment later. */
  async #whenUp(agent: Agent, signal: AbortSignal): Promise<void> {
    const { clock } = this.#world;
    const hasProved = ({ startedMono }: AgentState): boolean => clock.mono() - (startedMono ?? 0) >= PROVED_AFTER_MS;
    for (;;) {
      await agent.until(() => this.#isSettled(agent), signal);
      const { ready, startedMono } = agent.state;
      if (!ready || agent.spec.ready !== null || hasProved(agent.state)) return;
      let isTimeUp = false;
      const cancel = clock.after(PROVED_AFTER_MS - (clock.mono() - (startedMono ?? 0)), () => {
        isTimeUp = true;
        agent.reconsider();
      });
      // Not "has proved": a timer may fire a moment early, and then nobody would look again.
      await agent.until((state) => !state.ready || isTimeUp, signal).finally(cancel);
    }
  }

  /** Nothing will happen by itself any more: ready, at rest, or waiting for something that is at rest. */
  #isSettled(agent: Agent): boolean {
    const { state } = agent;
    return state.ready || isAtRest(state) || (isHeld(state) && this.#waitsInVain(agent));
  }

  #waitsInVain(agent: Agent): boolean {
    return this.#waitingFor(agent).some((name) => {
      const dependency = this.#agents.get(name);
      return dependency === undefined || (!dependency.state.ready && this.#isSettled(dependency));
    });
  }

  #refuseFailed(agents: readonly Agent[]): void {
    const failed = agents.find((agent) => agent.state.status === "failed");
    if (failed === undefined) return;
    const why = failed.state.lastExit?.reason ?? "it kept failing";
    throw notPossible(
      `Agent "${failed.name}" has failed: ${why}.`,
      `Run \`hearth reset ${failed.name}\` first, or \`hearth start --reset ${failed.name}\`; \`hearth logs ${failed.name}\` may tell why.`,
    );
  }

  #refuseLeaving(agents: readonly Agent[]): void {
    const leaving = agents.find((agent) => this.#leaving.has(agent));
    if (leaving === undefined) return;
    throw notPossible(
      `Agent "${leaving.name}" is being removed.`,
      "Wait until `hearth status` no longer shows it, then add it again.",
    );
  }

  #refuseWhenClosing(): void {
    if (this.#closing) throw shuttingDown();
  }

  // --- stopping -----------------------------------------------------------------------------------------------------

  async #stopInOrder(agents: readonly Agent[], options: { readonly remember: boolean }): Promise<void> {
    const chosen = new Map(agents.map((agent) => [agent.name, agent]));
    const stops = new Map<string, Promise<void>>();
    const stopOne = (agent: Agent): Promise<void> => {
      const begun =
        stops.get(agent.name) ?? this.#stopAfter(this.#dependentsAmong(agent, chosen).map(stopOne), agent, options);
      stops.set(agent.name, begun);
      return begun;
    };
    await Promise.all(agents.map(stopOne));
  }

  #dependentsAmong(agent: Agent, chosen: ReadonlyMap<string, Agent>): readonly Agent[] {
    return (this.#dependents.get(agent.name) ?? []).flatMap((name) => chosen.get(name) ?? []);
  }

  async #stopAfter(
    dependents: readonly Promise<void>[],
    agent: Agent,
    options: { readonly remember: boolean },
  ): Promise<void> {
    if (dependents.length > 0) await Promise.all(dependents);
    agent.dispatch({ type: "stop", remember: options.remember });
    // Somebody may ask for the agent again while it stops: then the stop has been overtaken.
    await agent.until(({ status, sequel }) => status !== "stopping" || sequel?.kind === "restart", this.#life.signal);
  }

  async #dismiss(agent: Agent): Promise<void> {
    this.#leaving.add(agent);
    await this.#stopInOrder([agent], { remember: true });
    if (!this.#leaving.delete(agent) || !isAtRest(agent.state)) return;
    agent.retire();
    this.#agents.delete(agent.name);
    this.#specs.delete(agent.name);
    this.#world.scheduleHeartbeat(agent.name, null);
    this.#index();
    this.#tell(agent.name, "agent.removed");
  }

  /** Keeps hold of work whose caller doesn't wait for it. */
  #own(work: Promise<void>): void {
    work.catch((error: unknown) => {
      if (!this.#life.signal.aborted) this.#world.report("*", "could not stop an agent", error);
    });
  }

  // --- records ------------------------------------------------------------------------------------------------------

  async #endStrays(name: string, strays: readonly LiveSession[]): Promise<void> {
    const stop = this.get(name).spec.stop;
    const options = { stop, world: this.#agentWorld, signal: this.#life.signal };
    await Promise.all(strays.map((stray) => endStray(stray, options)));
    this.#strays.delete(name);
    this.#dependencyChanged(name);
  }

  /** Removes what belongs to no session that is there. */
  async #sweep(): Promise<void> {
    // The mark of a session stays until its end is written.
    await this.#world.store.written();
    await Promise.all(Object.values(this.#world.sessions).map((kind) => kind.sweep((owner) => this.#isThere(owner))));
  }

  #isThere({ agent, incarnation }: AgentIncarnation): boolean {
    const state = this.#agents.get(agent)?.state;
    const isOwn = state !== undefined && (state.session !== null || state.forking) && state.incarnation === incarnation;
    return isOwn || (this.#strays.get(agent)?.some((stray) => stray.incarnation === incarnation) ?? false);
  }

  #admit(spec: AgentSpec, record: AgentRecord | null): Agent {
    const agent = new Agent(spec, record, this.#agentWorld);
    this.#agents.set(spec.name, agent);
    this.#specs.set(spec.name, spec);
    this.#scheduleHeartbeat(spec);
    return agent;
  }

  /** One that is still on its way out is the one that is meant: its session and its numbers go on. */
  #takeIn(spec: AgentSpec, record: AgentRecord | null): void {
    const leaving = this.#agents.get(spec.name);
    if (leaving === undefined) {
      this.#admit(spec, record);
      return;
    }
    this.#leaving.delete(leaving);
    this.#specs.set(spec.name, spec);
    leaving.configure(spec);
  }

  /** Sessions that were started under a definition that is gone: known long enough to be stopped. */
  #admitOrphans(records: ReadonlyMap<string, AgentRecord>): Agent[] {
    const isAnythingLeft = (name: string, { state }: AgentRecord): boolean =>
      state.session !== null || this.#strays.has(name);
    const orphans = [...records].filter(([name, record]) => !this.#specs.has(name) && isAnythingLeft(name, record));
    return orphans.map(([name, record]) =>
      this.#admit(straySpec(name, record.state.session?.kind ?? "process"), record),
    );
  }

  #wanted(): readonly string[] {
    const resting = [...this.#agents.values()].filter((agent) => agent.state.status === "stopped");
    return resting.filter((agent) => wantedNow(agent) === "up").map((agent) => agent.name);
  }

  #scheduleHeartbeat({ name, heartbeat }: AgentSpec): void {
    this.#world.scheduleHeartbeat(name, heartbeat.poke.kind === "none" ? null : heartbeat.intervalMs);
  }

  #index(): void {
    this.#dependents = dependentsOf(this.#specs);
  }

  // --- events -------------------------------------------------------------------------------------------------------

  #announced(name: string, announcement: Announcement): void {
    const waitingFor = (): string[] => {
      const agent = this.#agents.get(name);
      return agent === undefined ? [] : [...this.#waitingFor(agent)];
    };
    this.#world.announce(toEvent(name, announcement, { clock: this.#world.clock, waitingFor }));
    for (const dependent of this.#dependents.get(name) ?? []) this.#dependencyChanged(dependent);
  }

  #tell(agent: string, type: "agent.added" | "agent.removed" | "agent.changed"): void {
    this.#world.announce({ type, agent, data: {} });
  }

  #dependencyChanged(name: string): void {
    const agent = this.#agents.get(name);
    if (agent === undefined) return;
    if (isHeld(agent.state) && !this.#mustWait(agent)) {
      agent.dispatch({ type: "proceed" });
      return;
    }
    agent.reconsider();
    // What waits for this one may now wait in vain, although nothing has become of this one itself.
    if (isHeld(agent.state))
      for (const dependent of this.#dependents.get(name) ?? []) this.#dependencyChanged(dependent);
  }
}

function isAtRest(state: AgentState): boolean {
  return state.status === "stopped" || state.status === "failed";
}
