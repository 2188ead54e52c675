// Watches a session until it is ready, as its definition says.
import { connect } from "node:net";
import { setTimeout as delay } from "node:timers/promises";
import type { ReadyCondition } from "../config/spec.js";
import { timeLimited } from "../time-limited.js";
import { runBounded } from "./bounded-command.js";

/** Time between two tries of a condition that can only be asked, in milliseconds. */
const ASK_EVERY_MS = 100;
/** Time one try may take, in milliseconds. */
const ASK_TIMEOUT_MS = 2_000;

/** What a condition may look at. */
export interface ReadinessView {
  /** Resolves when the text stands in this session's output; rejects with the signal's reason. */
  readonly waitForText: (text: string) => Promise<void>;
  readonly cwd: string;
  readonly env: Readonly<Record<string, string>>;
  readonly signal: AbortSignal;
}

/** Resolves when the condition is met; rejects with the signal's reason when called off. `notify` is met from outside. */
export async function awaitReadiness(condition: ReadyCondition, view: ReadinessView): Promise<void> {
  const { signal } = view;
  switch (condition.kind) {
    case "output":
      return view.waitForText(condition.text);
    case "delay":
      return delay(condition.delayMs, undefined, { signal });
    case "tcp":
      return ask((inTime) => accepts(condition, inTime), signal);
    case "http":
      return ask((inTime) => answersWell(condition.url, inTime), signal);
    case "command":
      return ask((inTime) => succeeds(condition.argv, { ...view, signal: inTime }), signal);
    case "notify":
      return new Promise((_, reject) => signal.addEventListener("abort", () => reject(signal.reason), { once: true }));
  }
}

async function ask(isMet: (inTime: AbortSignal) => Promise<boolean>, signal: AbortSignal): Promise<void> {
  const one = { signal, ms: ASK_TIMEOUT_MS };
  while (!(await timeLimited(one, isMet))) await delay(ASK_EVERY_MS, undefined, { signal });
  signal.throwIfAborted();
}

function accepts(address: { readonly host: string; readonly port: number }, signal: AbortSignal): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ ...address, signal });
    const settle = (met: boolean): void => {
      socket.destroy();
      resolve(met);
    };
    socket.once("connect", () => settle(true));
    socket.once("error", () => settle(false));
  });
}

/** A status below 400 is a good answer. */
async function answersWell(url: string, signal: AbortSignal): Promise<boolean> {
  // Loaded by those who need it: it would cost every idle daemon half a megabyte.
  const { request } = await import("node:http");
  return new Promise((resolve) => {
    const asked = request(url, { signal, agent: false }, (response) => {
      response.resume();
      resolve((response.statusCode ?? 500) < 400);
    });
    asked.once("error", () => resolve(false));
    asked.end();
  });
}

async function succeeds(argv: readonly string[], { cwd, env, signal }: ReadinessView): Promise<boolean> {
  return (await runBounded({ argv, cwd, env, signal })).delivered;
}
