// A home as a daemon of version 1 left it when it was killed, frozen in test/fixtures/v1 and put down where a test wants it.
//
// What is frozen there was written by a real daemon and is never to be changed. It had a gateway (heartbeats, a handoff
// that waits), a mayor (with a cycle under way and a shutdown behind it), an added agent, one that was stopped and one in
// a crash loop. Only what can't be frozen is put in: the home's path, processes of this machine for two sessions, and times that count.
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { cpSync, readFileSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { afterEach } from "vitest";
import { readIdentity } from "../../src/sessions/identity.js";
import type { ProcessIdentity } from "../../src/sessions/session.js";
import { newHome } from "./daemon.js";

const FROZEN = resolve(import.meta.dirname, "../fixtures/v1");
const FROZEN_HOME = "/tmp/hearth-v1";
const FROZEN_BOOT = "9dd8fbbe-66b2-49eb-8057-167c57e9b0a3:24";

/** The sessions that were alive, with the start of their recorded identity. */
const LIVE = { gateway: '{"pid":13007,', mayor: '{"pid":13012,' } as const;

/** The token that the gateway's session had been given. */
export const GATEWAY_TOKEN = "YoXw11-UIJ_WvlKChTXj9oaAYJUxgb4d";

const standIns: ChildProcess[] = [];

// Before the fixture of daemons looks what a test left behind: hooks run in the reverse of this order.
afterEach(async () => {
  await Promise.all(standIns.splice(0).map(end));
});

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = once(child, "exit");
  child.kill("SIGKILL");
  await ended;
}

export interface Version1Home {
  readonly home: string;
  /** Processes that stand in for the sessions that were alive. */
  readonly pids: Readonly<Record<keyof typeof LIVE, number>>;
}

/** Puts the frozen home down, with two of its agents alive. */
export async function version1Home(): Promise<Version1Home> {
  const home = newHome();
  cpSync(FROZEN, home, { recursive: true });
  const gateway = await standIn(home, "gateway");
  const mayor = await standIn(home, "town/mayor");
  const { boot, init } = gateway;
  const here = [
    [FROZEN_HOME, home],
    [FROZEN_BOOT, `${boot}:${init}`],
    [new RegExp(`${LIVE.gateway}[^}]*}`, "g"), JSON.stringify(gateway)],
    [new RegExp(`${LIVE.mayor}[^}]*}`, "g"), JSON.stringify(mayor)],
    // Requests are forgotten some hours after their end, and expire some hours after their beginning; one is to.
    [/"(requestedAt|endedAt)":17952427\d+/g, `"$1":${Date.now()}`],
    [/"startedMono":[\d.]+/g, `"startedMono":${Number(process.hrtime.bigint() / 1_000_000n) - 1_000}`],
  ] as const;
  const marks = ["extra.3", "gateway.2", "town%2Fmayor.2"].map((mark) => `run/started/${mark}`);
  for (const file of ["state.json", "journal.ndjson", "daemon.json", "run/lock.1", "run/lock.2", ...marks]) {
    const path = join(home, file);
    const text = here.reduce((text, [from, to]) => text.replaceAll(from, to), readFileSync(path, "utf8"));
    writeFileSync(path, text, { mode: 0o600 });
  }
  return { home, pids: { gateway: gateway.pid, mayor: mayor.pid } };
}

async function standIn(home: string, agent: string): Promise<ProcessIdentity> {
  const env = { HEARTH_HOME: home, HEARTH_AGENT: agent, HEARTH_INCARNATION: "2" };
  const child = spawn("sleep", ["600"], { env: { ...process.env, ...env }, detached: true, stdio: "ignore" });
  standIns.push(child);
  const identity = await readIdentity(child.pid ?? 0);
  if (identity === null) throw new Error("the stand-in has no identity");
  return identity;
}
