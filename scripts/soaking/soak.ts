// The soak: rounds of mischief by agents, operator, killer; after each comes a calm in which everything is looked at.
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { stringify } from "smol-toml";
import { castOf, configurationOf, type Player } from "./cast.js";
import { Clerk, type Files, reachOperator } from "./clerk.js";
import { Examination } from "./examination.js";
import { Killer } from "./killer.js";
import { remainsOf } from "./litter.js";
import { type Outcome, Place } from "./place.js";
import { Random } from "./random.js";
import { Tally } from "./tally.js";
import { expectNone, Violation } from "./violation.js";

/** Who asks for things at the same time, each of agents of its own. */
const CLERKS = 2;
/** Long enough for a busy machine; only a failing soak takes it. */
const REST_WITHIN_MS = 30_000;
const LOOK_EVERY_MS = 100;

export interface SoakOptions {
  /** This project's directory, whose dist/ is built. */
  readonly root: string;
  /** A directory of the soak's own; it exists, and agent.cjs is in it. */
  readonly directory: string;
  readonly seed: string;
  readonly agents: number;
  /** Whether there is to be another round after so many. */
  readonly goesOn: (rounds: number) => boolean;
  /** Shows a line to whoever watches. */
  readonly say: (line: string) => void;
}

export class Soak {
  readonly place: Place;
  /** The one that is being played; 0 before the first. */
  round = 0;
  readonly #options: SoakOptions;
  readonly #random: Random;
  readonly #cast: readonly Player[];
  readonly #files: Files = { asked: [], delivered: [], wanted: new Map(), calls: 0, refusals: 0 };
  readonly #clerks: readonly Clerk[];
  readonly #examination: Examination;
  readonly #tally: Tally;

  constructor(options: SoakOptions) {
    const { root, directory, seed, agents } = options;
    this.#options = options;
    this.#random = new Random(seed);
    this.#cast = castOf(agents);
    this.place = new Place(root, directory);
    this.#clerks = Array.from({ length: CLERKS }, (_, clerk) => {
      const players = this.#cast.filter((_player, index) => index % CLERKS === clerk);
      return new Clerk(this.place.home, players, this.#random.of(`clerk ${clerk}`), this.#files);
    });
    this.#examination = new Examination(this.place, this.#cast, this.#files);
    this.#tally = new Tally(this.place.home, this.#files, this.#examination);
  }

  /**
   * Plays round after round, then stops the daemon; returns what happened, for people to read.
   * @throws Violation of the first promise that is not kept; daemon and agents are then as they were
   */
  async run(): Promise<readonly string[]> {
    this.#configure();
    await this.#begin();
    while (this.#options.goesOn(this.round)) await this.#play(++this.round);
    await this.#end();
    return this.#tally.summary();
  }

  #configure(): void {
    const { directory, seed } = this.#options;
    const env = { SOAK_PLACE: directory, SOAK_SEED: seed };
    const configuration = configurationOf(this.#cast, { command: ["node", join(directory, "agent.cjs")], env });
    writeFileSync(join(this.place.home, "hearth.toml"), stringify(configuration));
  }

  async #begin(): Promise<void> {
    this.place.calm();
    await this.#startAtOnce(new Killer(this.place, this.#random.of("begin")));
    await this.#expectEverything();
  }

  async #play(number: number): Promise<void> {
    const random = this.#random.of(`round ${number}`);
    const killer = new Killer(this.place, random);
    await this.#startAll();
    this.place.unleash();
    const working = this.#clerks.map((clerk) => clerk.work());
    for (let blows = random.integer({ min: 2, max: 5 }); blows > 0; blows--) await killer.strike();
    this.place.calm();
    for (const clerk of this.#clerks) clerk.finish();
    expectNone(
      "a command ends well, or says which blow it met",
      (await killer.outcomes()).filter(isStrange).map(shown),
    );
    await this.#startAtOnce(killer);
    await Promise.all(working);
    await this.#expectEverything();
    this.#options.say(this.#tally.round(number, killer.blows));
  }

  /** Also those that have stopped or failed. */
  async #startAll(): Promise<void> {
    const client = await reachOperator(this.place.home);
    await client.call("agent.start", { agent: "*", reset: true });
    for (const { name } of this.#cast) this.#files.wanted.set(name, "up");
    await client.close();
  }

  /** Each of them succeeds, and names the same daemon. */
  async #startAtOnce(killer: Killer): Promise<void> {
    const outcomes = await killer.startSome();
    const pids = new Set(outcomes.map(({ code, stdout }) => (code === 0 ? JSON.parse(stdout).pid : null)));
    if (pids.size === 1 && pids.has(this.place.descriptor()?.pid)) return;
    throw new Violation("starts at once lead to one daemon", outcomes.map(shown));
  }

  async #expectEverything(): Promise<void> {
    const client = await reachOperator(this.place.home);
    const deadline = performance.now() + REST_WITHIN_MS;
    try {
      while (!(await this.#isInOrder(client, { isLast: performance.now() > deadline }))) await delay(LOOK_EVERY_MS);
    } finally {
      await client.close();
    }
  }

  /** What is under way for a moment may look like a fault: only one that stays is one. */
  async #isInOrder(
    client: Parameters<Examination["look"]>[0],
    { isLast }: { readonly isLast: boolean },
  ): Promise<boolean> {
    try {
      await this.#examination.look(client);
      return true;
    } catch (error) {
      if (isLast || !(error instanceof Violation)) throw error;
      return false;
    }
  }

  async #end(): Promise<void> {
    await Promise.all(this.#clerks.map((clerk) => clerk.close()));
    const stopped = await this.place.hearth("daemon", "stop");
    expectNone("the daemon stops", stopped.code === 0 ? [] : [shown(stopped)]);
    expectNone(
      "a stopped daemon leaves no process",
      this.place.everything().map((process) => JSON.stringify(process)),
    );
    expectNone("a stopped daemon leaves no socket and no pipe", remainsOf(this.place.home));
  }
}

/** Ways in which a command may fail because of what befell the daemon it started or spoke to. */
const STRUCK =
  /killed by SIGKILL|"kind":"(unresponsive|offline|connection-lost|timed-out|shutting-down|launch-timed-out)"/;

function isStrange(outcome: Outcome): boolean {
  return outcome.code !== 0 && !(outcome.code !== null && STRUCK.test(outcome.stdout));
}

function shown({ args, code, stdout, stderr }: Outcome): string {
  return `hearth ${args.join(" ")}: ${code} ${stdout.trim()} ${stderr.trim()}`;
}
