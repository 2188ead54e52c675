// Completion as a person meets it: Tab pressed in the real shells, in a terminal, with a daemon that has agents.
import { execFileSync } from "node:child_process";
import { mkdirSync, readdirSync, symlinkSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { expect, test } from "vitest";
import { newHome, startDaemon, type TestDaemon } from "../support/daemon.js";
import { eventually } from "../support/deadline.js";
import { isRunning } from "../support/processes.js";

const HEARTH = resolve(import.meta.dirname, "../../dist/hearth.cjs");
const PROMPT = "> ";
/** Typed behind each Tab: once it is shown, the shell has done what Tab asked of it. */
const MARK = "@";

/** How each shell is started, so that it reads the script the way its first lines advise. */
const SHELLS = {
  bash: (place: string) => {
    writeFileSync(join(place, "rc"), `PS1='${PROMPT}'\neval "$(hearth completion bash)"\n`);
    return ["bash", "--noprofile", "--rcfile", join(place, "rc")];
  },
  zsh: (place: string) => {
    const lines = [`PS1='${PROMPT}'`, "autoload -U compinit", "compinit -u", 'eval "$(hearth completion zsh)"'];
    writeFileSync(join(place, ".zshrc"), lines.join("\n"));
    return ["env", `ZDOTDIR=${place}`, "zsh", "--no-globalrcs"];
  },
  fish: () => {
    const prompt = `function fish_prompt; printf '${PROMPT}'; end; set -g fish_greeting`;
    return ["fish", "--no-config", "--private", "--init-command", `${prompt}; hearth completion fish | source`];
  },
};

type Shell = keyof typeof SHELLS;
const ALL = Object.keys(SHELLS) as Shell[];

/** A terminal with a shell at which somebody types. */
class Terminal {
  readonly #place: string;

  constructor(shell: Shell, env: Readonly<Record<string, string>>) {
    this.#place = newHome();
    const bin = join(this.#place, "bin");
    mkdirSync(bin);
    symlinkSync(HEARTH, join(bin, "hearth"));
    const set = { HOME: this.#place, ...env, PATH: `${bin}:${process.env.PATH}` };
    const variables = Object.entries(set).map(([name, value]) => `${name}=${value}`);
    const size = ["-x", "200", "-y", "50"];
    this.#tmux("new-session", "-d", ...size, "env", ...variables, ...SHELLS[shell](this.#place));
  }

  /** What the line has become when Tab was pressed behind it. */
  async pressTab(line: string): Promise<string> {
    await eventually(() => this.#lastLine() === PROMPT.trim(), `an empty line before ${line}`);
    this.#tmux("send-keys", "-l", line);
    this.#tmux("send-keys", "Tab");
    this.#tmux("send-keys", "-l", MARK);
    await eventually(() => this.#lastLine().includes(MARK), `the shell is done with ${line}`);
    const became = this.#lastLine().slice(PROMPT.length).replace(MARK, "");
    this.#tmux("send-keys", "C-c");
    return became;
  }

  /** Resolves when the shell is gone. */
  async close(): Promise<void> {
    const pid = Number(this.#tmux("display-message", "-p", "#{pane_pid}"));
    this.#tmux("kill-server");
    await eventually(() => !isRunning(pid), "the shell is gone");
  }

  /** The line at which the cursor is; lists of what is offered stand below it. */
  #lastLine(): string {
    const lines = this.#tmux("capture-pane", "-p").split("\n");
    return lines.findLast((line) => line.startsWith(PROMPT.trim()))?.trimEnd() ?? "";
  }

  #tmux(...args: string[]): string {
    return execFileSync("tmux", ["-S", join(this.#place, "tmux"), "-f", "/dev/null", ...args], { encoding: "utf8" });
  }
}

async function daemonWithAgents(): Promise<TestDaemon> {
  const agents = {
    gateway: { command: ["sleep", "600"], autostart: true },
    "town/mayor": { command: ["sleep", "600"], autostart: true, session: "tmux" as const },
    "town/clerk": { command: ["sleep", "600"] },
    broken: { command: ["false"], autostart: true, restart: { max_attempts: 0 } },
  };
  const daemon = await startDaemon({ config: { agents } });
  for (const agent of ["gateway", "town/mayor"]) await daemon.until(agent, ({ ready }) => ready);
  await daemon.until("broken", ({ state }) => state === "failed");
  return daemon;
}

/** Lines as they are typed, each with what Tab makes of it. */
function linesFor(home: string, nowhere: string): readonly (readonly [typed: string, becomes: string])[] {
  return [
    ["hearth stat", "hearth status "],
    ["hearth daemon sto", "hearth daemon stop "],
    ["hearth help handof", "hearth help handoff "],
    ["hearth daemon stop --keep", "hearth daemon stop --keep-agents "],
    ["hearth signal gateway SIGQ", "hearth signal gateway SIGQUIT "],
    ["hearth events --type=agent.exi", "hearth events --type=agent.exited "],
    ["hearth events --type beat,lifecycle.su", "hearth events --type beat,lifecycle.superseded "],
    ["hearth run --name x -- slee", "hearth run --name x -- sleep "],
    [`hearth --home=${home}/log`, `hearth --home=${home}/logs/`],
    ["hearth status town/ma", "hearth status town/mayor "],
    ["hearth --json stop 'gat", "hearth --json stop 'gateway' "],
    // Only those it makes sense for.
    ["hearth attach ", "hearth attach town/mayor "],
    ["hearth reset ", "hearth reset broken "],
    ["hearth start tow", "hearth start town/clerk "],
    // What is typed says which daemon is meant; where there is none nothing is offered, nor started.
    [`hearth --home "${home}" status gat`, `hearth --home "${home}" status gateway `],
    [`hearth --home ${nowhere} status gat`, `hearth --home ${nowhere} status gat`],
  ];
}

/** What becomes of each line. A daemon that is busy is not waited for, so one presses Tab again. */
async function typeAll(shell: Shell, home: string, lines: ReturnType<typeof linesFor>): Promise<string[]> {
  const terminal = new Terminal(shell, { HEARTH_HOME: home });
  try {
    const became: string[] = [];
    for (const [typed, becomes] of lines) {
      let seen = await terminal.pressTab(typed);
      for (let tries = 1; seen !== becomes && tries < 3; tries++) seen = await terminal.pressTab(typed);
      became.push(seen);
    }
    return became;
  } finally {
    await terminal.close();
  }
}

test("bash, zsh and fish complete commands, flags, values and the daemon's agents", async () => {
  const { home } = await daemonWithAgents();
  const nowhere = newHome();
  const lines = linesFor(home, nowhere);
  const became = await Promise.all(ALL.map((shell) => typeAll(shell, home, lines)));
  const expected = lines.map(([, becomes]) => becomes);
  expect(Object.fromEntries(ALL.map((shell, at) => [shell, became[at]]))).toEqual({
    bash: expected,
    zsh: expected,
    fish: expected,
  });
  expect(readdirSync(nowhere)).toEqual([]);
});
