import { once } from "node:events";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import type { Stillness } from "../../src/logs/stillness.js";
import { letGo } from "../../src/sessions/let-go.js";
import { eventually, PATIENCE_MS } from "../support/deadline.js";
import { bundled } from "./fixtures/bundle.js";
import { expectAllGoOn, expectNothingLost, expectNotToGrow, grows, isStopped, NotedPause } from "./rotation.js";
import { Told, until } from "./sandbox.js";
import { type StartedInTmux, TmuxSandbox } from "./tmux-sandbox.js";

const daemonProgram = bundled("tmux-daemon");

let sandbox: TmuxSandbox;
beforeEach(() => {
  sandbox = new TmuxSandbox();
});
afterEach(() => sandbox.dispose());

const COUNT = "i=0; while :; do i=$((i+1)); echo pane $i; done";
const COUNT_UNTIL_ENOUGH = "i=0; until [ -e enough ]; do i=$((i+1)); echo pane $i; done; echo the end; sleep 60";

function rotate(stillness: Stillness, number = 1): Promise<string> {
  const copy = readFileSync(sandbox.logFile(), "utf8").replaceAll("\r\n", "\n");
  return stillness.cut({ file: sandbox.logFile(), mark: join(sandbox.home, `mark.${number}`) }).then(() => copy);
}

function pidOf({ session }: StartedInTmux): number {
  return session.ref.identity.pid;
}

it("while a tmux session is held still its log is too, and a cut loses nothing of what its pane shows", async () => {
  const started = await sandbox.script(COUNT_UNTIL_ENOUGH);
  await sandbox.logged("pane 1\n");
  const texts: string[] = [];
  for (let round = 0; round < 5; round++) {
    await grows(sandbox.logFile());
    await started.session.holdStill({
      atMostMs: PATIENCE_MS,
      record: () => {},
      work: async (stillness) => {
        await expectNotToGrow(sandbox.logFile());
        texts.push(await rotate(stillness, round));
      },
    });
  }
  writeFileSync(join(sandbox.home, "enough"), "");
  await sandbox.logged("the end\n");
  await sandbox.end(started);
  expect(expectNothingLost([...texts, sandbox.log().replace("the end\n", "")])).toEqual(["pane"]);
});

it("only the program that writes the log is stopped; the agent goes on", async () => {
  const started = await sandbox.script(COUNT);
  await sandbox.logged("pane 1\n");
  const pause = new NotedPause(async () => {
    expect(pause.last.writers.map(isStopped)).toEqual([true]);
    expect([isStopped(pidOf(started)), isStopped(sandbox.serverPid())]).toEqual([false, false]);
  });
  await started.session.holdStill(pause);
  const commands = pause.last.writers.map((pid) => readFileSync(`/proc/${pid}/cmdline`, "utf8"));
  expect(commands).toEqual(["cat\0"]);
  await expectAllGoOn(pause.last);
  await sandbox.end(started);
});

it("each session's log has a writer of its own", async () => {
  const [mayor, clerk] = [await sandbox.script(COUNT), await sandbox.script(COUNT, { agent: "town/clerk" })];
  await Promise.all([sandbox.logged("pane 1\n"), sandbox.logged("pane 1\n", "town/clerk")]);
  await mayor.session.holdStill(
    new NotedPause(async () => {
      await expectNotToGrow(sandbox.logFile());
      await grows(sandbox.logFile("town/clerk"));
    }),
  );
  await sandbox.end(mayor);
  await sandbox.end(clerk);
});

it("an adopted session is held still, and let go of by the next daemon when nobody else is left to do it", async () => {
  const launch = sandbox.launch(["sh", "-c", COUNT]);
  const daemon = await sandbox.daemon(daemonProgram(), launch, { release: true });
  daemon.child.kill("SIGKILL");
  await once(daemon.child, "exit");
  const told = new Told();
  const adoption = await sandbox.kind.adopt(daemon.ref, { agent: launch.agent, incarnation: 1 }, told);
  if (adoption.outcome !== "alive") throw new Error(adoption.outcome);
  const started = { session: adoption.session, told, agent: launch.agent, incarnation: 1 };
  await sandbox.logged("pane 1\n");
  const pause = new NotedPause(() => expectNotToGrow(sandbox.logFile()));
  await started.session.holdStill(pause);
  for (const writer of pause.last.writers) process.kill(writer, "SIGSTOP");
  await until(() => pause.last.writers.every(isStopped), "the writer to be stopped");
  await letGo(pause.records.at(-1) ?? {});
  await grows(sandbox.logFile());
  await sandbox.end(started);
});

it("a session whose pane is not written to a log any more says so", async () => {
  const started = await sandbox.script(COUNT);
  await sandbox.logged("pane 1\n");
  sandbox.tmux("pipe-pane", "-t", "=town/mayor:");
  // The program that wrote it may take a moment to end.
  const pause = new NotedPause(async () => {});
  const refusal = (): Promise<unknown> => started.session.holdStill(pause).catch((error) => error.reason);
  expect(await eventually(refusal, "a refusal")).toBe("no-writer");
  await sandbox.end(started);
});
