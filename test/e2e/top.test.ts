// `hearth top` as a person meets it: the built program in a real terminal, beside a real daemon with real agents.
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { describe, expect, test } from "vitest";
import type { AgentDefinition } from "../../protocol/definition.js";
import { configure, sh, startDaemon, type TestDaemon } from "../support/daemon.js";
import { eventually } from "../support/deadline.js";
import { isRunning, isStopped } from "../support/processes.js";
import { RealTerminal, type TerminalModes, type TerminalOptions } from "../support/terminal.js";

const HEARTH = resolve(import.meta.dirname, "../../dist/hearth.cjs");
const SMALL = { columns: 80, rows: 24 };
const LARGE = { columns: 200, rows: 50 };

/** A module for Node to load first. */
const THROWS_ON_SIGUSR2 = "data:text/javascript,process.on(%22SIGUSR2%22,()=>{throw(new(Error)(%22unexpected%22))})";

const TALKER = sh("echo hello from $HEARTH_AGENT $HEARTH_INCARNATION; exec cat", {
  autostart: true,
  heartbeat: { poke: "session", message: "check" },
});
const QUIET = sh("exec sleep 1000", { autostart: true });

interface Top {
  readonly terminal: RealTerminal;
  /** The terminal's modes before top was started. */
  readonly before: TerminalModes;
  readonly pid: number;
  /** The process that restores the terminal when top cannot. */
  readonly guard: number;
}

function top(daemon: TestDaemon, options: TerminalOptions = SMALL): Promise<Top> {
  return topIn(new RealTerminal(options), daemon);
}

async function topIn(terminal: RealTerminal, daemon: TestDaemon): Promise<Top> {
  await terminal.shows(/[$%#>]/);
  const before = await settledModes(terminal);
  terminal.run(`node ${HEARTH} --home ${daemon.home} top; echo ended: $?`);
  await terminal.shows("hearth running");
  const pid = childOf(terminal.pid);
  return { terminal, before, pid, guard: childOf(pid) };
}

/** A shell changes its terminal for its input line, some time after its prompt. */
async function settledModes(terminal: RealTerminal): Promise<TerminalModes> {
  terminal.run("echo ready-$((1+1))");
  await terminal.shows("ready-2");
  terminal.run("clear");
  await eventually(() => !terminal.text.includes("ready-2"), "the shell has cleared its screen");
  return terminal.modes;
}

function configured(agents: Record<string, AgentDefinition>): Promise<TestDaemon> {
  return startDaemon({ config: { agents } });
}

/** The first process that another one started and that still runs. */
function childOf(pid: number): number {
  return Number(readFileSync(`/proc/${pid}/task/${pid}/children`, "utf8").trim().split(" ")[0]);
}

async function ends(pid: number, what: string): Promise<void> {
  await eventually(() => !isRunning(pid), `${what} ends`);
}

describe.each([SMALL, LARGE])("on a screen of $columns x $rows", (size) => {
  test("agents, what they wait for and the selected one's log are seen, and keys act on it", async () => {
    const slow = sh("sleep 1000", { ready: { output: "never" }, autostart: true });
    const daemon = await configured({ db: slow, talker: TALKER, web: { ...QUIET, depends_on: ["db"] } });
    const { terminal } = await top(daemon, size);
    await terminal.shows(/◐ db +running .* being ready/);
    await terminal.shows(/◌ web +starting .* db/);
    terminal.press("j");
    await terminal.shows(/▸ ● talker +running/);
    await terminal.shows("hello from talker 1");
    terminal.press("p");
    await terminal.shows("poke talker:");
    terminal.paste("wake\nup");
    await terminal.shows("poke talker: wake up");
    terminal.press("Enter");
    await terminal.shows("talker: delivered via session");
    await terminal.shows(/^.*wake up\s*$/m);
    terminal.press("c");
    await terminal.shows("cycle talker? y: yes");
    terminal.press("y");
    await terminal.shows("talker: cycle is done, incarnation 1 to 2");
    await terminal.shows("hello from talker 2");
    terminal.press("s", "y");
    await terminal.shows("talker is stopped");
    await terminal.shows(/▸ ○ talker +stopped/);
    terminal.press("S");
    await terminal.shows("hello from talker 3");
    terminal.press("q");
    await terminal.shows("ended: 0");
  });
});

test("Esc gives up what is typed, however soon the next key comes", async () => {
  const daemon = await configured({ a: TALKER, b: TALKER });
  const { terminal } = await top(daemon);
  await terminal.shows("hello from a 1");
  terminal.press("p");
  terminal.type("never mind");
  await terminal.shows("poke a: never mind");
  terminal.press("Escape", "j", "Enter");
  // Enter shows the log of the one below, instead of sending.
  await terminal.shows("hello from b 1");
  expect(terminal.text).not.toContain("never mind");
  terminal.press("q");
  await terminal.shows("ended: 0");
  expect((await daemon.call("agent.logs", { agent: "a" })).lines.join()).not.toContain("never mind");
});

test("what an action was refused for is shown with what helps, and a reset does help", async () => {
  const daemon = await configured({ crash: sh("exit 3", { autostart: true, restart: { max_attempts: 0 } }) });
  await daemon.event("agent.failed", "crash");
  const { terminal } = await top(daemon);
  await terminal.shows(/✖ crash +failed .* a reset: exited with code 3/);
  terminal.press("S");
  await terminal.shows("Run `hearth reset crash`");
  terminal.press("x", "y");
  await terminal.shows(/○ crash +stopped/);
});

test("agents that come and go appear and disappear, and a resized terminal is drawn anew", async () => {
  const daemon = await configured({ a: QUIET });
  const { terminal } = await top(daemon);
  await daemon.call("agent.add", { name: "newcomer", command: ["sleep", "1000"] });
  await terminal.shows(/○ newcomer +stopped/);
  configure(daemon.home, { agents: { b: QUIET } });
  await daemon.call("daemon.reload", {});
  await terminal.shows(/● b +running/);
  await eventually(() => !/ a +\w+ing/.test(terminal.text), "the agent that is gone is no longer shown");
  terminal.press("Home");
  terminal.resize({ columns: 20, rows: 5 });
  await terminal.shows(/^▸ ● b/m);
  terminal.resize(LARGE);
  await terminal.shows(/● b +running .* │/);
});

test("nothing that an agent writes or says reaches the terminal but text and colours", async () => {
  const nasty = "\\033[2J\\033[H\\033]0;title\\007\\033[31mred\\033[0m\\t漢字🎉\\033[?1049l end\\n";
  const daemon = await configured({ nasty: sh(`printf '${nasty}'; sleep 1000`, { autostart: true }) });
  const { terminal } = await top(daemon);
  await terminal.shows(/^red +漢字🎉 end$/m);
  expect(terminal.rows[0]).toContain("hearth running");
  expect(terminal.modes.isAlternate).toBe(true);
});

test("a daemon that is replaced or dies is told and looked for until it is back", async () => {
  const first = await startDaemon({ config: { agents: { talker: TALKER } }, args: ["--detached"] });
  const { terminal } = await top(first);
  await first.call("daemon.restart", {});
  const second = await first.successor();
  await terminal.shows(`another daemon runs now, pid ${second.pid}`);
  await terminal.shows("hello from talker 1");
  second.signal("SIGKILL");
  await terminal.shows("daemon offline: run `hearth daemon start`");
  const third = await second.startAgain();
  await terminal.shows(`another daemon runs now, pid ${third.pid}`);
  await third.call("agent.restart", { agent: "talker" });
  await terminal.shows("hello from talker 2");
});

test("a log that is written as fast as can be leaves the screen alive", async () => {
  const flood = sh("i=0; yes 'a line of a log that nobody can read so fast'", {});
  const daemon = await configured({ flood, talker: TALKER });
  const { terminal } = await top(daemon);
  terminal.press("S");
  await terminal.shows(/● flood +running[\s\S]*a line of a log/);
  terminal.press("j");
  await terminal.shows("hello from talker 1");
  terminal.press("k", "s", "y");
  await terminal.shows(/○ flood +stopped/);
});

describe("the terminal is as it was", () => {
  const ways: readonly (readonly [string, (top: Top) => void, string])[] = [
    ["q", ({ terminal }) => terminal.press("q"), "ended: 0"],
    ["Ctrl-C", ({ terminal }) => terminal.press("C-c"), "ended: 130"],
    ["SIGINT", ({ pid }) => process.kill(pid, "SIGINT"), "ended: 130"],
    ["SIGTERM", ({ pid }) => process.kill(pid, "SIGTERM"), "ended: 143"],
    ["SIGHUP", ({ pid }) => process.kill(pid, "SIGHUP"), "ended: 129"],
    ["an error that nobody expected", ({ pid }) => process.kill(pid, "SIGUSR2"), "ended: 1"],
    ["SIGKILL", ({ pid }) => process.kill(pid, "SIGKILL"), "ended: 137"],
  ];

  test(`after ${ways.map(([way]) => way).join(", ")}`, async () => {
    const daemon = await configured({ a: QUIET });
    const terminal = new RealTerminal({ ...SMALL, env: { NODE_OPTIONS: `--import=${THROWS_ON_SIGUSR2}` } });
    for (const [way, end, ended] of ways) {
      const started = await topIn(terminal, daemon);
      expect(terminal.modes).not.toEqual(started.before);
      end(started);
      await eventually(
        () => JSON.stringify(terminal.modes) === JSON.stringify(started.before),
        `the modes before ${way}`,
      );
      // With SIGKILL the shell may have said it before the guard could show its screen again.
      if (way !== "SIGKILL") await terminal.shows(ended);
      await ends(started.guard, "the guard");
    }
    terminal.run("echo still-$((1+1))");
    await terminal.shows("still-2");
  });

  test("after SIGKILL in bash, which restores the settings and takes others for its line", async () => {
    const daemon = await configured({ a: QUIET });
    const { terminal, pid, guard } = await top(daemon, { ...SMALL, command: ["bash", "--norc", "--noprofile"] });
    process.kill(pid, "SIGKILL");
    await eventually(() => !terminal.modes.isAlternate && terminal.modes.hasCursor, "the shell's screen");
    await ends(guard, "the guard");
    terminal.run("stty -a | tr ' ;' '\\n\\n' | grep -cxE 'echo|icanon|isig|icrnl|ixon'");
    await terminal.shows(/^5$/m);
  });

  test("while Ctrl-Z lends it to the shell, and top has it again after fg", async () => {
    const daemon = await configured({ a: QUIET });
    const { terminal, pid, guard } = await top(daemon, { ...SMALL, command: ["bash", "--norc", "--noprofile"] });
    terminal.press("C-z");
    await terminal.shows("Stopped");
    expect(terminal.modes).toMatchObject({ isAlternate: false, hasCursor: true, wraps: true });
    terminal.resize({ columns: 60, rows: 20 });
    // Cleared, so that the next "Stopped" is that of the next stop.
    terminal.run("clear; fg");
    await terminal.shows("hearth running");
    await eventually(() => terminal.rows.length === 20 && terminal.modes.isAlternate, "top has the new size");
    process.kill(pid, "SIGTSTP");
    await terminal.shows("Stopped");
    await eventually(() => isStopped(pid), "top is stopped");
    // The shell's screen is none of the guard's business now.
    process.kill(pid, "SIGKILL");
    terminal.run("fg; clear; stty -g > /dev/null; echo by-$((1+1))");
    await terminal.shows("by-2");
    await ends(guard, "the guard");
  });

  test("where nobody could let it go on after Ctrl-Z, top just goes on", async () => {
    const daemon = await configured({ a: QUIET });
    const command = `node ${HEARTH} --home ${daemon.home} top`;
    const terminal = new RealTerminal({ ...SMALL, command: [`exec ${command}`] });
    await terminal.shows("hearth running");
    const guard = childOf(terminal.pid);
    terminal.press("C-z", "?");
    await terminal.shows("Keys");
    terminal.press("q");
    await ends(guard, "the guard");
  });
});

test("a terminal that goes away ends it", async () => {
  const daemon = await configured({ a: QUIET });
  const { terminal, pid, guard } = await top(daemon);
  terminal.close();
  await ends(pid, "top");
  await ends(guard, "the guard");
});

describe("is refused, with what to use instead,", () => {
  test("without a terminal, on a dumb one, and with --json", async () => {
    const terminal = new RealTerminal(SMALL);
    const refusals: readonly (readonly [string, string])[] = [
      [`node ${HEARTH} top 2>&1 | cat`, "use `hearth status --watch`"],
      [`TERM=dumb node ${HEARTH} top`, "use `hearth status --watch`"],
      [`node ${HEARTH} top --json 2>&1`, "use `hearth status --json`"],
    ];
    for (const [index, [line, instead]] of refusals.entries()) {
      terminal.run(`clear; ${line}; echo code-${index}-$?`);
      await terminal.shows(new RegExp(`code-${index}-\\d`));
      expect(terminal.text).toContain(instead);
    }
  });

  test("with exit code 2", () => {
    const run = () => execFileSync(process.execPath, [HEARTH, "top"], { stdio: ["ignore", "pipe", "pipe"] });
    expect(run).toThrow(expect.objectContaining({ status: 2 }));
  });

  test("with exit code 3 where there is no daemon to begin with", async () => {
    const terminal = new RealTerminal(SMALL);
    terminal.run(`node ${HEARTH} --home ${join("/nonexistent", "home")} top; echo code $?`);
    await terminal.shows("code 3");
    await terminal.shows("hearth daemon start");
  });
});
