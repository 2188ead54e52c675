// Completion as a person meets it: Tab pressed in the real shells, in a terminal, with a daemon that has agents.
import { mkdirSync, readdirSync, symlinkSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { expect, test } from "vitest";
import { newHome, startDaemon, type TestDaemon } from "../support/daemon.js";
import { eventually } from "../support/deadline.js";
import { RealTerminal } from "../support/terminal.js";

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
class Typist {
  readonly #terminal: RealTerminal;

  constructor(shell: Shell, env: Readonly<Record<string, string>>) {
    const place = newHome();
    const bin = join(place, "bin");
    mkdirSync(bin);
    symlinkSync(HEARTH, join(bin, "hearth"));
    // tmux itself gives what it runs the PATH of its caller.
    const command = ["env", `PATH=${bin}:${process.env.PATH}`, ...SHELLS[shell](place)];
    this.#terminal = new RealTerminal({ columns: 200, rows: 50, command, env: { HOME: place, ...env } });
  }

  /** What the line has become when Tab was pressed behind it. */
  async pressTab(line: string): Promise<string> {
    await eventually(() => this.#lastLine() === PROMPT.trim(), `an empty line before ${line}`);
    this.#terminal.type(line);
    this.#terminal.press("Tab");
    this.#terminal.type(MARK);
    await eventually(() => this.#lastLine().includes(MARK), `the shell is done with ${line}`);
    const became = this.#lastLine().slice(PROMPT.length).replace(MARK, "");
    this.#terminal.press("C-c");
    return became;
  }

  /** The line at which the cursor is; lists of what is offered stand below it. */
  #lastLine(): string {
    return this.#terminal.rows.findLast((line) => line.startsWith(PROMPT.trim()))?.trimEnd() ?? "";
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

/** What becomes of each line. A machine that is busy is waited for a quarter of a second only, so one presses Tab again. */
async function typeAll(shell: Shell, home: string, lines: ReturnType<typeof linesFor>): Promise<string[]> {
  const typist = new Typist(shell, { HEARTH_HOME: home });
  const became: string[] = [];
  for (const [typed, becomes] of lines) {
    let seen = "";
    const isCompleted = async (): Promise<boolean> => {
      seen = await typist.pressTab(typed);
      return seen === becomes;
    };
    // What it became instead is told below.
    await eventually(isCompleted, `${shell} completes ${typed}`).catch(() => {});
    became.push(seen);
  }
  return became;
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
