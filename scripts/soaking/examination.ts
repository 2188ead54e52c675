// Looks at everything after a round: compares what the daemon says with the machine, the diaries, the clerks' files.
import type { LifecycleRequest } from "../../protocol/lifecycle.js";
import { isFinal } from "../../protocol/lifecycle.js";
import type { AgentStatus } from "../../protocol/methods.js";
import type { Client } from "../../src/client/index.js";
import type { Player } from "./cast.js";
import type { Files } from "./clerk.js";
import { type Descriptors, descriptorsOf, growthOf } from "./descriptors.js";
import { type Diary, type Entry, readDiaries } from "./diary.js";
import { faultsOfInheritance } from "./inheritance.js";
import { readLines } from "./line.js";
import { litterOf } from "./litter.js";
import { readDaemonLog, readOutput } from "./logs.js";
import type { Place } from "./place.js";
import { expectNone, Violation } from "./violation.js";

/** More than the requests of one round. */
const LISTED = 1_000;

/** Everything that was looked at in one go. */
interface Scene {
  readonly agents: readonly AgentStatus[];
  readonly diaries: ReadonlyMap<string, readonly Diary[]>;
}

export class Examination {
  readonly #place: Place;
  readonly #cast: readonly Player[];
  readonly #files: Files;
  /** By tag: every request that was ever seen, as it was seen last. */
  readonly requests = new Map<string, LifecycleRequest>();
  /** Lines of each agent's output. */
  readonly lines = new Map<string, number>();
  /** Descriptors of the first daemon at rest. */
  #baseline: Descriptors | null = null;
  diaries: ReadonlyMap<string, readonly Diary[]> = new Map();

  constructor(place: Place, cast: readonly Player[], files: Files) {
    this.#place = place;
    this.#cast = cast;
    this.#files = files;
  }

  /** @throws Violation of the first promise that is not kept at this moment */
  async look(client: Client): Promise<void> {
    const { agents } = await client.call("agent.list", {});
    this.#expectRest(agents);
    await this.#expectRequestsEnded(client);
    const scene = { agents, diaries: readDiaries(this.#place.diaries) };
    this.diaries = scene.diaries;
    this.#expectOneDaemon();
    this.#expectSessionsAsTold(scene);
    this.#expectNeverTwo(scene);
    this.#expectWanted(scene);
    this.#expectLines(scene);
    this.#expectEndsAskedFor(scene);
    this.#expectInheritance(scene);
    this.#expectPokesHeard(scene);
    expectNone("nothing is left in the home of what is gone", litterOf(this.#place.home, agents));
    this.#expectNoDefects();
    await this.#expectDescriptors(client);
  }

  /** Nothing happens by itself any more. */
  #expectRest(agents: readonly AgentStatus[]): void {
    const isAtRest = ({ state, ready }: AgentStatus): boolean =>
      (state === "running" && ready) || state === "stopped" || state === "failed";
    const restless = agents.filter((status) => !isAtRest(status));
    expectNone("agents that are left alone come to rest", restless.map(shown));
    const isUnruly = ({ agent, state }: AgentStatus): boolean =>
      state === "failed" && agent.split("-")[0] !== "fragile";
    expectNone("only who may fail has failed", agents.filter(isUnruly).map(shown));
  }

  async #expectRequestsEnded(client: Client): Promise<void> {
    const { requests } = await client.call("lifecycle.list", { limit: LISTED });
    expectNone(
      "every request comes to an end",
      requests.filter(({ state }) => !isFinal(state)).map((request) => JSON.stringify(request)),
    );
    this.#takeDown(requests);
    const lost = this.#files.asked.filter(({ tag, id }) => this.requests.get(tag)?.id !== id);
    expectNone(
      "what was acknowledged is known under the id that was told",
      lost.map((asked) => `${JSON.stringify(asked)} is known as ${JSON.stringify(this.requests.get(asked.tag))}`),
    );
    this.#expectEachOnce();
  }

  #takeDown(requests: readonly LifecycleRequest[]): void {
    const listed = new Set<string>();
    for (const request of requests) {
      const tag = request.reason ?? "";
      const known = this.requests.get(tag);
      if (listed.has(tag) || (known !== undefined && JSON.stringify(known) !== JSON.stringify(request))) {
        throw new Violation("one key is one request, and what has ended stays as it is", [
          JSON.stringify(known),
          JSON.stringify(request),
        ]);
      }
      listed.add(tag);
      this.requests.set(tag, request);
    }
  }

  /** Those of one agent run in order, each beginning where the last one ended. */
  #expectEachOnce(): void {
    for (const { name, onlyRequests } of this.#cast) {
      const own = [...this.requests.values()].filter(({ agent }) => agent === name);
      const failed = own.filter(({ state }) => state === "expired" || (onlyRequests && state === "failed"));
      expectNone(
        "requests are carried out",
        failed.map((request) => JSON.stringify(request)),
      );
      const done = own.filter(({ state, action }) => state === "done" && action !== "shutdown");
      const befores = done.map(({ incarnation }) => incarnation.before);
      const doubled = done.filter(
        ({ incarnation: { before, after } }, index) =>
          before === null || after === null || after <= before || befores.indexOf(before) !== index,
      );
      expectNone(
        "each request replaces one session, and no other request the same",
        doubled.map((request) => JSON.stringify(request)),
      );
    }
  }

  #expectOneDaemon(): void {
    const pid = this.#place.descriptor()?.pid;
    const daemons = this.#place.daemons();
    if (daemons.length === 1 && daemons[0]?.pid === pid) return;
    throw new Violation("one daemon serves the home", [
      `the descriptor names ${pid}`,
      ...daemons.map((each) => JSON.stringify(each)),
    ]);
  }

  #expectSessionsAsTold({ agents, diaries }: Scene): void {
    const processes = this.#place.sessions();
    for (const { agent, state, incarnation, pid } of agents) {
      const own = processes.filter((process) => process.agent === agent);
      const strangers = own.filter((process) => state !== "running" || process.incarnation !== incarnation);
      expectNone(
        `nothing runs outside of supervision (${agent} is ${state}, incarnation ${incarnation})`,
        strangers.map((each) => JSON.stringify(each)),
      );
      if (state !== "running") continue;
      const diary = diaries.get(agent)?.at(-1);
      const start = diary?.entries.find((entry) => entry.did === "start");
      if (!own.some((process) => process.pid === pid) || diary?.incarnation !== incarnation || start?.pid !== pid) {
        throw new Violation("who is said to run does run", [
          `${agent} ${incarnation} with pid ${pid}; the last diary is of ${diary?.incarnation} with pid ${start?.pid}`,
        ]);
      }
    }
    const known = new Set(agents.map(({ agent }) => agent));
    expectNone(
      "nobody runs whom nobody knows",
      processes.filter(({ agent }) => !known.has(agent)).map((each) => JSON.stringify(each)),
    );
    const servers = this.#place.terminals();
    if (servers.length > 1)
      throw new Violation(
        "one tmux server serves the home",
        servers.map((each) => JSON.stringify(each)),
      );
  }

  /** As the sessions themselves saw it, at each of their starts. */
  #expectNeverTwo({ diaries }: Scene): void {
    for (const diary of [...diaries.values()].flat()) {
      const what = `${diary.agent} ${diary.incarnation}`;
      const starts = diary.entries.filter((entry) => entry.did === "start");
      if (starts.length !== 1)
        throw new Violation(
          "no incarnation number is used twice",
          starts.map((start) => `${what}: ${JSON.stringify(start)}`),
        );
      if (wrote(diary, "meet-double").length > 0) throw new Violation("never two live sessions of an agent", [what]);
      expectNone(
        `a session begins when nothing of the last one is left (${what})`,
        starts.flatMap(({ beside }) => beside),
      );
    }
  }

  /** What was answered last holds, whatever befell the daemon after it. */
  #expectWanted({ agents }: Scene): void {
    for (const { name, definition } of this.#cast) {
      const wanted = this.#files.wanted.get(name) ?? null;
      const status = agents.find(({ agent }) => agent === name);
      if (wanted === null || definition.restart?.policy !== "always" || status?.wanted === wanted) continue;
      throw new Violation("what was last answered of start and stop holds", [
        `${name} was wanted ${wanted}: ${status && shown(status)}`,
      ]);
    }
  }

  #expectLines({ diaries }: Scene): void {
    for (const { name, definition } of this.#cast) {
      const reading = readLines(readOutput(this.#place.home, name), {
        agent: name,
        mayEndTorn: definition.session === "tmux",
      });
      expectNone(`no line of ${name} is missing, doubled, torn or out of order`, reading.faults);
      const own = diaries.get(name) ?? [];
      const lost = own.filter((diary) => (reading.lastLine.get(diary.incarnation) ?? 0) < printedBy(diary));
      expectNone(
        `no last line of ${name} is lost`,
        lost.map(
          (diary) =>
            `incarnation ${diary.incarnation} printed ${printedBy(diary)}, its log ends with ${reading.lastLine.get(diary.incarnation)}`,
        ),
      );
      this.lines.set(
        name,
        [...reading.lastLine.values()].reduce((sum, last) => sum + last, 0),
      );
    }
  }

  /** A session that was told to end was told so because of a request. */
  #expectEndsAskedFor({ diaries }: Scene): void {
    for (const { name } of this.#cast.filter(({ onlyRequests }) => onlyRequests)) {
      const stopped = (diaries.get(name) ?? []).filter((diary) => wrote(diary, "be-stopped").length > 0);
      const befores = new Set(
        [...this.requests.values()].filter(({ agent }) => agent === name).map(({ incarnation }) => incarnation.before),
      );
      const uncalledFor = stopped.filter(({ incarnation }) => !befores.has(incarnation));
      expectNone(
        `no session of ${name} is stopped that nobody asked to stop`,
        uncalledFor.map(({ incarnation }) => `incarnation ${incarnation}`),
      );
    }
  }

  #expectInheritance({ diaries }: Scene): void {
    for (const { name } of this.#cast.filter(({ habits }) => habits.tellsReady)) {
      const faults = faultsOfInheritance(diaries.get(name) ?? [], (tag) => this.requests.get(tag)?.state);
      expectNone(`each session of ${name} is handed what was left for it`, faults);
    }
  }

  #expectPokesHeard({ agents, diaries }: Scene): void {
    for (const { agent, message, notBefore } of this.#files.delivered) {
      const heard = (diaries.get(agent) ?? [])
        .flatMap((diary) => wrote(diary, "hear-poke"))
        .filter((entry) => entry.message === message);
      const status = agents.find((each) => each.agent === agent);
      const isStillThere = status?.state === "running" && status.incarnation === notBefore;
      if (heard.length > 1 || (heard.length === 0 && isStillThere)) {
        throw new Violation("a poke that was delivered is heard once", [
          `"${message}" was heard ${heard.length} times by ${agent} ${notBefore}`,
        ]);
      }
    }
  }

  /** No crash of anybody else explains an error of the daemon's own. */
  #expectNoDefects(): void {
    const errors = readDaemonLog(this.#place.home).filter(({ level }) => level === "error");
    expectNone(
      "the daemon met no error of its own",
      errors.map(({ line }) => line),
    );
  }

  async #expectDescriptors(client: Client): Promise<void> {
    const { pid, connections } = await client.call("daemon.status", {});
    const now = descriptorsOf(pid, connections);
    this.#baseline ??= now;
    expectNone("the daemon leaks no descriptor", growthOf(this.#baseline, now));
  }
}

function wrote<D extends Entry["did"]>({ entries }: Diary, did: D): Extract<Entry, { did: D }>[] {
  return entries.filter((entry): entry is Extract<Entry, { did: D }> => entry.did === did);
}

function printedBy(diary: Diary): number {
  return wrote(diary, "print").at(-1)?.lines ?? 0;
}

function shown({ agent, state, ready, incarnation, wanted, lastExit }: AgentStatus): string {
  return JSON.stringify({ agent, state, ready, incarnation, wanted, lastExit });
}
