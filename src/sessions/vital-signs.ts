// Notices the death of processes that are not our children, with one timer for all of them.
import { isAlive, mayBeAlive } from "./identity.js";
import type { ProcessIdentity } from "./session.js";

const LOOK_EVERY_MS = 1_000;
/** A cheap look may take another process with the same PID for the one it was; the full check comes with every so many looks. */
const FULL_CHECK_EVERY_LOOKS = 5;

/** One process under watch. */
export interface Watch {
  /** Looks now instead of at the next turn of the timer. */
  look(): Promise<void>;
  stop(): void;
}

interface Patient {
  readonly identity: ProcessIdentity;
  readonly onDeath: () => void;
}

/** Watches processes, each until it dies or its watch is stopped; without any there is no timer. */
export class VitalSigns {
  readonly #patients = new Set<Patient>();
  #timer: NodeJS.Timeout | null = null;
  #looks = 0;

  /** Calls `onDeath` once, about a second after the process is gone at the latest. */
  watch(identity: ProcessIdentity, onDeath: () => void): Watch {
    const patient = { identity, onDeath };
    this.#patients.add(patient);
    this.#timer ??= setInterval(() => this.#lookAtAll(), LOOK_EVERY_MS);
    return { look: () => this.#examine(patient), stop: () => this.#dismiss(patient) };
  }

  #lookAtAll(): void {
    for (const patient of this.#patients) if (!mayBeAlive(patient.identity)) this.#pronounceDead(patient);
    if (++this.#looks % FULL_CHECK_EVERY_LOOKS !== 0) return;
    for (const patient of this.#patients) void this.#examine(patient);
  }

  async #examine(patient: Patient): Promise<void> {
    if (!(await isAlive(patient.identity))) this.#pronounceDead(patient);
  }

  #pronounceDead(patient: Patient): void {
    if (this.#dismiss(patient)) patient.onDeath();
  }

  #dismiss(patient: Patient): boolean {
    const wasWatched = this.#patients.delete(patient);
    if (this.#patients.size === 0 && this.#timer !== null) {
      clearInterval(this.#timer);
      this.#timer = null;
    }
    return wasWatched;
  }
}
