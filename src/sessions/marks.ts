// Keeps one file for each incarnation that ran: made by its gate, removed once its end is recorded.
import { existsSync, mkdirSync, unlinkSync } from "node:fs";
import { rm } from "node:fs/promises";
import { join } from "node:path";

export class Marks {
  readonly #directory: string;

  /** Creates the directory when it is missing. */
  constructor(directory: string) {
    this.#directory = directory;
    mkdirSync(directory, { recursive: true, mode: 0o700 });
  }

  /** Where the gate of this incarnation makes its mark. */
  file(agent: string, incarnation: number): string {
    return join(this.#directory, `${agent.replaceAll("/", "%2F")}.${incarnation}`);
  }

  /** True once the incarnation was about to run. */
  exists(agent: string, incarnation: number): boolean {
    return existsSync(this.file(agent, incarnation));
  }

  /** Removes what an earlier life of this home may have left under the same number. */
  clearSync(agent: string, incarnation: number): void {
    // Nearly always there is none, and an error that nobody wants costs more than the question.
    if (this.exists(agent, incarnation)) unlinkSync(this.file(agent, incarnation));
  }

  async clear(agent: string, incarnation: number): Promise<void> {
    await rm(this.file(agent, incarnation), { force: true });
  }
}
