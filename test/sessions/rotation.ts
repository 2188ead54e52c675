// What tests of pauses share: looking at stopped processes, and counting the lines that a log and its copies hold.
import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { expect } from "vitest";
import type { Held, Pause } from "../../src/logs/stillness.js";
import type { HeldWriters } from "../../src/sessions/hold-still.js";
import { PATIENCE_MS } from "../support/deadline.js";
import { lives, until } from "./sandbox.js";

/** What the rotating daemon has on record. */
export interface Rotation {
  readonly number: number;
  readonly held: Held;
}

/** States of all threads of a process, such as "TTT"; empty when it is gone. */
export function statesOf(pid: number): string {
  try {
    const threads = readdirSync(`/proc/${pid}/task`);
    return threads.map((thread) => stateIn(readFileSync(`/proc/${pid}/task/${thread}/stat`, "utf8"))).join("");
  } catch {
    return "";
  }
}

function stateIn(stat: string): string {
  return stat.slice(stat.lastIndexOf(")") + 2).charAt(0);
}

export function isStopped(pid: number): boolean {
  return /^T+$/.test(statesOf(pid));
}

export function idsOf(held: Held | undefined): { readonly guard: number; readonly writers: readonly number[] } {
  const { guard, writers } = held as HeldWriters;
  return { guard: guard.pid, writers: writers.map(({ pid }) => pid) };
}

/** A pause that notes what is on record. */
export class NotedPause implements Pause {
  readonly records: Held[] = [];

  constructor(
    readonly work: Pause["work"],
    readonly atMostMs = PATIENCE_MS,
  ) {}

  record(held: Held): void {
    this.records.push(held);
  }

  get last(): ReturnType<typeof idsOf> {
    return idsOf(this.records.at(-1));
  }
}

/** Resolves once a file is larger than it is now. */
export async function grows(file: string): Promise<void> {
  const before = statSync(file).size;
  await until(() => statSync(file).size > before, `${file} to grow`);
}

/** Looks at a file for a while in which a running writer would have written; a short one, as a pause is. */
export async function expectNotToGrow(file: string): Promise<void> {
  const { size } = statSync(file);
  const end = performance.now() + 40;
  do {
    await new Promise((resolve) => setTimeout(resolve, 2));
    expect(statSync(file).size).toBe(size);
  } while (performance.now() < end);
}

/**
 * Fails unless these texts, one after the other, hold each writer's numbers from 1 on without a gap; returns the names.
 * The last line may be torn: who is killed while it writes over the end of a page has written only what is before it.
 */
export function expectNothingLost(texts: readonly string[]): string[] {
  const last = new Map<string, number>();
  const gaps: string[] = [];
  for (const line of texts.join("").split("\n").slice(0, -1)) {
    const [name = "", number] = line.split(" ");
    if (Number(number) !== (last.get(name) ?? 0) + 1) gaps.push(`${line} after ${last.get(name)}`);
    last.set(name, Number(number));
  }
  expect(gaps.slice(0, 5)).toEqual([]);
  return [...last.keys()].sort();
}

/** The copies of a directory that a mark says are all there is of what they hold, oldest first. */
export function cutCopies(directory: string): string[] {
  const numbers = readdirSync(directory).flatMap((name) => /^mark\.(\d+)$/.exec(name)?.[1] ?? []);
  const sorted = numbers.map(Number).sort((a, b) => a - b);
  return sorted.map((number) => readFileSync(join(directory, `copy.${number}`), "utf8"));
}

/** Resolves once a guard has ended; fails when anybody it watched over is still stopped a moment later. */
export async function expectAllGoOn({ guard, writers }: ReturnType<typeof idsOf>): Promise<void> {
  await until(() => !lives(guard), "the guard's end");
  expect(writers.filter(isStopped)).toEqual([]);
}

/** What an interrupted rotation has left of the contract: "cut", or "whole" when the log still begins as its copy. */
export function outcomeOf(directory: string, { number }: Rotation, logFile: string): "cut" | "whole" | "neither" {
  if (existsSync(join(directory, `mark.${number}`))) return "cut";
  const copy = join(directory, `copy.${number}`);
  const begun = existsSync(copy) ? readFileSync(copy) : Buffer.alloc(0);
  return readFileSync(logFile).subarray(0, begun.length).equals(begun) ? "whole" : "neither";
}
