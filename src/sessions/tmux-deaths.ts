// Notices the end of panes: when tmux tells of it, and within a second when nobody is left to tell.
import { type FSWatcher, watch } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { isAlive, readIdentity, signalProcess } from "./identity.js";
import type { ProcessIdentity } from "./session.js";
import { TmuxError } from "./tmux-command.js";
import type { Pane, PaneDeath, TmuxServer } from "./tmux-server.js";
import { VitalSigns, type Watch } from "./vital-signs.js";

/** Time tmux gets, from a program's end, to drain its output and to tell how it ended; looks at it meanwhile. Milliseconds. */
const EXPLAINED_WITHIN_MS = 2_000;
const LOOK_EVERY_MS = 20;

/** Which pane is watched: the program that runs in it, and the session it was started in. */
export interface PaneLeader {
  readonly session: string;
  readonly incarnation: number;
  readonly identity: ProcessIdentity;
}

interface Patient {
  readonly leader: PaneLeader;
  /** Null when the pane went with its session or its server, so that nobody knows how the program ended. */
  readonly onEnd: (death: PaneDeath | null) => void;
  readonly pulse: Watch;
}

/** The pane in which this leader runs or ran; undefined when there is none. */
export function paneOf(panes: readonly Pane[], { session, incarnation, identity }: PaneLeader): Pane | undefined {
  return panes.find(
    (pane) => pane.pid === identity.pid && pane.session === session && pane.incarnation === incarnation,
  );
}

/** A pane is dead as soon as its terminal is closed, and may know how its program ended only a moment later. */
function isExplained(death: PaneDeath | null): death is PaneDeath {
  return death !== null && (death.code !== null || death.signal !== null);
}

/** Watches panes, each until it ends or its watch is stopped; without any there is neither timer nor file watcher. */
export class PaneDeaths {
  readonly #server: TmuxServer;
  readonly #vitalSigns = new VitalSigns();
  readonly #patients = new Set<Patient>();
  #notices: FSWatcher | null = null;
  #serverPulse: { readonly identity: ProcessIdentity; readonly watch: Watch } | null = null;

  constructor(server: TmuxServer) {
    this.#server = server;
  }

  /** Calls `onEnd` once, also when the program outlives its pane. */
  watch(leader: PaneLeader, onEnd: Patient["onEnd"]): Watch {
    const pulse = this.#vitalSigns.watch(leader.identity, () => void this.#examine(patient));
    const patient: Patient = { leader, onEnd, pulse };
    this.#patients.add(patient);
    this.#notices ??= this.#watchNotices();
    // What happened before there was a watcher has to be asked for; the answer also tells which server to watch.
    void this.#examine(patient);
    return { look: () => this.#lookAt(patient), stop: () => void this.#dismiss(patient) };
  }

  #watchNotices(): FSWatcher {
    const notices = watch(this.#server.noticeFile, { persistent: false }, () => this.#examineAll());
    // Without notices the pulses remain.
    notices.on("error", () => {});
    return notices;
  }

  #examineAll(): void {
    for (const patient of this.#patients) void this.#examine(patient);
  }

  /** While the program lives tmux will tell of anything else; asking it at each look would cost a process each time. */
  async #lookAt(patient: Patient): Promise<void> {
    if (!(await isAlive(patient.leader.identity))) await this.#examine(patient);
  }

  async #examine(patient: Patient): Promise<void> {
    const deadline = performance.now() + EXPLAINED_WITHIN_MS;
    while (this.#patients.has(patient)) {
      // Asked before the pane: a program that ends in between leaves a pane that is dead or about to be.
      const lives = await isAlive(patient.leader.identity);
      const pane = await this.#findPane(patient.leader);
      if (pane === "gone") return this.#pronounceDead(patient, null);
      if (pane !== "unknown" && isExplained(pane.death)) return this.#pronounceDead(patient, pane.death);
      if (lives) return;
      if (pane === "unknown" || performance.now() > deadline) return this.#pronounceDead(patient, null);
      await this.#remindServer();
      await sleep(LOOK_EVERY_MS);
    }
  }

  async #findPane(leader: PaneLeader): Promise<Pane | "gone" | "unknown"> {
    try {
      const pane = paneOf(await this.#server.panes(), leader);
      if (pane !== undefined) await this.#watchServer(pane.serverPid);
      return pane ?? "gone";
    } catch (error) {
      if (error instanceof TmuxError) return "unknown";
      throw error;
    }
  }

  /** A server that is killed tells nothing, and a program that ignores SIGHUP outlives it. */
  async #watchServer(pid: number): Promise<void> {
    if (this.#serverPulse?.identity.pid === pid) return;
    const identity = await readIdentity(pid);
    if (identity === null || this.#patients.size === 0) return;
    this.#serverPulse?.watch.stop();
    const pulse = this.#vitalSigns.watch(identity, () => {
      this.#serverPulse = null;
      this.#examineAll();
    });
    this.#serverPulse = { identity, watch: pulse };
  }

  /**
   * Lets the server look for children that have ended. tmux 3.3a was measured to leave one in ten of them a zombie, whose
   * status it learns only when another of its children ends.
   */
  async #remindServer(): Promise<void> {
    if (this.#serverPulse !== null) await signalProcess(this.#serverPulse.identity, "SIGCHLD");
  }

  #pronounceDead(patient: Patient, death: PaneDeath | null): void {
    if (this.#dismiss(patient)) patient.onEnd(death);
  }

  #dismiss(patient: Patient): boolean {
    const wasWatched = this.#patients.delete(patient);
    patient.pulse.stop();
    if (this.#patients.size === 0) this.#rest();
    return wasWatched;
  }

  #rest(): void {
    this.#notices?.close();
    this.#notices = null;
    this.#serverPulse?.watch.stop();
    this.#serverPulse = null;
  }
}
