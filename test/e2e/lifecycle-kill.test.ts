// kill -9 of the daemon at any moment of a stream of requests: what it acknowledged is done, and done once.
import { readFileSync } from "node:fs";
import { setTimeout as delay } from "node:timers/promises";
import fc from "fast-check";
import { expect, test } from "vitest";
import type { LifecycleAction, LifecycleRequest } from "../../protocol/lifecycle.js";
import type { Params } from "../../protocol/methods.js";
import { tokenOf } from "../support/attached.js";
import { configure, newHome, sh, startDaemon, type TestDaemon } from "../support/daemon.js";
import { PATIENCE_MS } from "../support/deadline.js";
import type { Wire } from "../support/wire.js";

const NAMES = ["a", "b", "c"] as const;
/** Of each of the two histories, which go on side by side. */
const ROUNDS = 64;

/** One thing that somebody asks for. */
interface Wish {
  readonly from: string;
  readonly agent: string;
  readonly action: LifecycleAction;
  readonly handedOver: boolean;
}

interface Asked {
  readonly from: string;
  readonly params: Params<"lifecycle.request"> & { readonly agent: string; readonly key: string };
}

const wish: fc.Arbitrary<Wish> = fc.record({
  from: fc.constantFrom("operator", "operator", ...NAMES),
  agent: fc.constantFrom(...NAMES),
  action: fc.constantFrom("cycle", "cycle", "cycle", "cycle", "restart", "shutdown"),
  handedOver: fc.boolean(),
});

const round = fc.record({
  wishes: fc.array(wish, { minLength: 1, maxLength: 9, size: "max" }),
  killAfterMicros: fc.integer({ min: 0, max: 50_000 }),
  /** The next daemons are killed as well, while they take up what is open. */
  killAgainAfterMicros: fc.array(fc.integer({ min: 0, max: 30_000 }), { maxLength: 2, size: "max" }),
});

type Round = typeof round extends fc.Arbitrary<infer T> ? T : never;

async function pass(micros: number): Promise<void> {
  const moment = performance.now() + micros / 1000;
  if (micros > 2_000) await delay(micros / 1000 - 1);
  while (performance.now() < moment);
}

/** Everything that was asked of the agents of one home, over many daemons. */
class History {
  readonly #home = newHome();
  #daemon: TestDaemon | null = null;
  #rounds = 0;
  /** Incarnations that the test itself started. */
  readonly #started = new Map<string, number[]>(NAMES.map((name) => [name, []]));
  readonly #ended = new Map<string, LifecycleRequest>();
  kills = 0;

  async begin(): Promise<void> {
    const witness = sh(`echo "$HEARTH_AGENT $HEARTH_INCARNATION" >> ${this.#home}/ran; exec sleep 600`, {
      may_control: ["*"],
      restart: { backoff: "0s", max_attempts: 1_000 },
    });
    const agents = Object.fromEntries(NAMES.map((name) => [name, witness]));
    configure(this.#home, { daemon: { handoff_timeout: "5ms" }, agents });
    this.#daemon = await startDaemon({ home: this.#home });
  }

  async play({ wishes, killAfterMicros, killAgainAfterMicros }: Round): Promise<void> {
    const callers = await this.#attachAll();
    const asked = wishes.map((each, index) => this.#ask(each, index));
    this.#rounds++;
    const answers = asked.map(({ from, params }) => callers.get(from)?.call("lifecycle.request", params));
    const settled = Promise.allSettled(answers);
    await this.#kill(killAfterMicros);
    for (const micros of killAgainAfterMicros) await this.#kill(micros);

    const acknowledged = (await settled).map((answer) => {
      if (answer.status === "fulfilled") return answer.value?.request.id;
      // An asker that was killed meanwhile is told so; otherwise there is no answer.
      expect(String(answer.reason)).toMatch(/closed before|-32001|-32002/);
      return undefined;
    });
    for (const wire of callers.values()) wire.close();
    await this.#expectEachEnded(asked, acknowledged);
    await this.#expectEachOnce();
  }

  async end(): Promise<void> {
    await this.#alive.stop();
  }

  get #alive(): TestDaemon {
    if (this.#daemon === null) throw new Error("begin() comes first");
    return this.#daemon;
  }

  #ask({ from, agent, action, handedOver }: Wish, index: number): Asked {
    const handoff = handedOver && action !== "restart" ? { handoff: `${this.#rounds} ${index}` } : {};
    return { from, params: { agent, action, key: `${this.#rounds}-${index}`, ...handoff } };
  }

  /** Every agent runs, and each caller has a connection of its own. */
  async #attachAll(): Promise<ReadonlyMap<string, Wire>> {
    const daemon = this.#alive;
    const callers = new Map([["operator", await daemon.attach()]]);
    for (const name of NAMES) {
      if ((await daemon.agent(name)).state === "stopped") {
        const { agents } = await daemon.call("agent.start", { agent: name });
        this.#started.get(name)?.push(agents[0]?.incarnation ?? 0);
      }
      callers.set(name, await daemon.attach(await tokenOf(daemon, name)));
    }
    return callers;
  }

  async #kill(micros: number): Promise<void> {
    await pass(micros);
    await this.#alive.kill();
    this.kills++;
    this.#daemon = await this.#alive.startAgain();
  }

  /** The operator asks again for all that it asked for, as a client does that got no answer; nothing may happen twice. */
  async #expectEachEnded(asked: readonly Asked[], acknowledged: readonly (string | undefined)[]): Promise<void> {
    const daemon = this.#alive;
    const ids = asked.map(async ({ from, params }, index) => {
      if (from !== "operator") return acknowledged[index];
      const { request } = await daemon.call("lifecycle.request", params);
      expect(request.id).toBe(acknowledged[index] ?? request.id);
      return request.id;
    });
    const known = (await Promise.all(ids)).filter((id) => id !== undefined);
    const { requests } = await daemon.call("lifecycle.list", { limit: 3 * asked.length });
    const all = [...new Set([...known, ...requests.map(({ id }) => id)])];
    const ends = await Promise.all(all.map((id) => daemon.call("lifecycle.wait", { id, timeoutMs: PATIENCE_MS })));
    for (const { request } of ends) {
      expect(["done", "superseded"], JSON.stringify(request)).toContain(request.state);
      this.#ended.set(request.id, request);
    }
  }

  /** Each incarnation has one cause, and each cause one incarnation. */
  async #expectEachOnce(): Promise<void> {
    for (const name of NAMES) {
      const { incarnation } = await this.#alive.until(name, ({ state, ready }) => ready || state === "stopped");
      const replaced = [...this.#ended.values()].filter(
        ({ agent, action, state }) => agent === name && action !== "shutdown" && state === "done",
      );
      const caused = [...(this.#started.get(name) ?? []), ...replaced.map((request) => request.incarnation.after ?? 0)];
      const numbers = Array.from({ length: incarnation }, (_, index) => index + 1);
      expect(
        caused.toSorted((x, y) => x - y),
        name,
      ).toEqual(numbers);
      // One that was replaced at once may not have come to its first line.
      const ran = this.#ran(name);
      expect(new Set(ran).size, `${name} ran ${ran}`).toBe(ran.length);
    }
  }

  #ran(agent: string): number[] {
    const lines = readFileSync(`${this.#home}/ran`, { encoding: "utf8", flag: "a+" }).trimEnd().split("\n");
    return lines.map((line) => line.split(" ")).flatMap(([name, number]) => (name === agent ? [Number(number)] : []));
  }
}

test("every acknowledged request is carried out once, the others at most once", { timeout: 480_000 }, async () => {
  const histories = [new History(), new History()];
  const play = async (history: History): Promise<void> => {
    await history.begin();
    await fc.assert(
      fc.asyncProperty(round, (next) => history.play(next)),
      // Each round goes on where the last one ended, so a shorter history would be another one.
      { numRuns: ROUNDS, endOnFailure: true },
    );
    await history.end();
  };
  await Promise.all(histories.map(play));
  expect(histories.reduce((sum, { kills }) => sum + kills, 0)).toBeGreaterThanOrEqual(200);
});
