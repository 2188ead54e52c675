// Bundles the lock's candidate program, starts it many times, and knows which of them are alive.
import { type ChildProcessWithoutNullStreams, spawn } from "node:child_process";
import { EventEmitter, once } from "node:events";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { build } from "esbuild";
import { PATIENCE_MS } from "./deadline.js";
import type { CandidateOrders, Report } from "./lock-candidate.js";

/** Bundles the program into a directory, since Node 20 runs no TypeScript; returns the file. */
export async function bundleCandidate(directory: string): Promise<string> {
  const outfile = join(directory, "lock-candidate.mjs");
  const entry = join(import.meta.dirname, "lock-candidate.ts");
  await build({ entryPoints: [entry], outfile, bundle: true, platform: "node", format: "esm", target: "node20" });
  return outfile;
}

/** The candidates of one test; everything they say arrives in order. */
export class Candidates {
  readonly reports: Report[] = [];
  readonly #children: ChildProcessWithoutNullStreams[] = [];
  readonly #heard = new EventEmitter();

  constructor(
    readonly program: string,
    readonly orders: CandidateOrders,
  ) {}

  /** Starts processes that wait for `go`; resolves when all of them are ready. */
  async start(count: number): Promise<number[]> {
    const children = Array.from({ length: count }, () => this.#spawn());
    const pids = children.map((child) => child.pid ?? 0);
    await this.until(() => pids.every((pid) => this.#said(pid, "ready")));
    return pids;
  }

  /** Lets them stand, all at once. A leader that is told again says whether it still holds its lock. */
  go(pids: readonly number[]): void {
    for (const child of this.#children) if (pids.includes(child.pid ?? 0)) child.stdin.write("go\n");
  }

  kill(pid: number, signal: NodeJS.Signals): void {
    this.#children.find((child) => child.pid === pid)?.kill(signal);
  }

  isRunning(pid: number): boolean {
    const child = this.#children.find((child) => child.pid === pid);
    return child !== undefined && child.exitCode === null && child.signalCode === null;
  }

  /** Resolves as soon as the condition holds; looked at after each report and each end of a process. */
  async until(condition: () => boolean, deadlineMs = PATIENCE_MS): Promise<void> {
    const signal = AbortSignal.timeout(deadlineMs);
    while (!condition()) await once(this.#heard, "news", { signal });
  }

  /** Ends every process; resolves when all are gone. */
  async end(): Promise<void> {
    for (const child of this.#children) child.kill("SIGKILL");
    await this.until(() => this.#children.every((child) => !this.isRunning(child.pid ?? 0)));
  }

  #spawn(): ChildProcessWithoutNullStreams {
    const child = spawn(process.execPath, [this.program, JSON.stringify(this.orders)]);
    this.#children.push(child);
    child.stderr.on("data", (text) => process.stderr.write(text));
    // What a killed process was told no longer matters.
    child.stdin.on("error", () => {});
    createInterface({ input: child.stdout }).on("line", (line) => {
      this.reports.push(JSON.parse(line));
      this.#heard.emit("news");
    });
    child.on("exit", () => this.#heard.emit("news"));
    return child;
  }

  #said(pid: number, said: Report["said"]): boolean {
    return this.reports.some((report) => report.pid === pid && report.said === said);
  }
}
