// Decides what a shell is to offer for a command line, from the commands' own definitions.
import type { AgentStatus } from "../../../protocol/methods.js";
import { matchGlob } from "../../../protocol/names.js";
import type { Command } from "../command.js";
import { recognise } from "../command-words.js";
import { COMMANDS } from "../commands.js";
import { type FlagSpec, type FlagSpecs, GLOBAL_FLAGS } from "../flags.js";
import { TOPICS } from "../help/topics.js";
import type { AgentFilter, Completes } from "./completes.js";
import type { ShellLine } from "./shell-line.js";

/** One word that can stand at the cursor. */
export interface Candidate {
  readonly value: string;
  /** A few words beside it, where the shell shows them. */
  readonly about: string;
}

/** What to offer: words, or what the shell itself knows best. */
export interface Offer {
  readonly candidates: readonly Candidate[];
  readonly leave: "files" | "directories" | "commands" | null;
}

/** Where the daemon is, as far as the command line says. */
export interface Place {
  readonly home?: string | undefined;
  readonly descriptor?: string | undefined;
  readonly socket?: string | undefined;
}

/** Asks the daemon that is meant for its agents; none when there is no answer. */
export type AskForAgents = (place: Place) => Promise<readonly AgentStatus[]>;

const NOTHING: Offer = { candidates: [], leave: null };

/** What to offer at the cursor. Shells that match in their own way get all there is, so nothing is left out by what was typed. */
export async function complete({ words, current }: ShellLine, ask: AskForAgents): Promise<Offer> {
  const recognised = recognise(words);
  const called = "called" in recognised ? recognised.called : null;
  const command = called === null ? null : (await called.entry.load()).command;
  const flags: FlagSpecs = { ...command?.flags, ...GLOBAL_FLAGS };
  const said = readSoFar(called?.rest ?? words, flags);
  const wish = { current, said, ask };
  if (said.pending !== null) return offerValue(said.pending.completes, wish);
  if (said.isBehindDashes && command?.takesProgram) return offerProgram(said);
  if (current.startsWith("-") && !said.isBehindDashes) return offerFlags(flags, wish);
  return command === null ? offerCommandWords(said.words) : offerPositional(command, flags, wish);
}

/** What the words before the cursor say. */
interface Said {
  readonly words: readonly string[];
  /** What was given for flags that take a value. */
  readonly values: Readonly<Record<string, string>>;
  /** Flags that were given. */
  readonly given: readonly string[];
  /** The flag whose value stands at the cursor. */
  readonly pending: (FlagSpec & { readonly type: "string" }) | null;
  readonly isBehindDashes: boolean;
}

interface Wish {
  readonly current: string;
  readonly said: Said;
  readonly ask: AskForAgents;
}

function readSoFar(argv: readonly string[], flags: FlagSpecs): Said {
  const words: string[] = [];
  const values: Record<string, string> = {};
  const given: string[] = [];
  for (let at = 0; at < argv.length; at++) {
    const word = argv[at] ?? "";
    if (word === "--")
      return { words: [...words, ...argv.slice(at + 1)], values, given, pending: null, isBehindDashes: true };
    const flag = flagIn(word, flags);
    if (flag === null) words.push(word);
    else {
      given.push(flag.name);
      if (flag.spec?.type !== "string") continue;
      const value = flag.value ?? argv[++at];
      if (value === undefined) return { words, values, given, pending: flag.spec, isBehindDashes: false };
      values[flag.name] = value;
    }
  }
  return { words, values, given, pending: null, isBehindDashes: false };
}

interface FlagInWord {
  readonly name: string;
  /** Undefined for one that does not exist, which is taken for one without a value. */
  readonly spec: FlagSpec | undefined;
  /** What is joined to it: `--name=value` or `-n5`. */
  readonly value: string | undefined;
}

function flagIn(word: string, flags: FlagSpecs): FlagInWord | null {
  const [, long, value] = /^--([^=]+)(?:=(.*))?$/s.exec(word) ?? [];
  if (long !== undefined) return { name: long, spec: flags[long], value };
  const [, letter, joined] = /^-(.)(.+)?$/s.exec(word) ?? [];
  if (letter === undefined) return null;
  const [name, spec] = Object.entries(flags).find(([, { short }]) => short === letter) ?? [letter, undefined];
  return { name, spec, value: joined };
}

/** Flags, or behind `--flag=` its value. */
async function offerFlags(flags: FlagSpecs, wish: Wish): Promise<Offer> {
  const [, prefix = "", name = "", value = ""] = /^(--([^=]+)=)(.*)$/s.exec(wish.current) ?? [];
  if (prefix === "") return { candidates: flagsLeft(flags, wish.said), leave: null };
  const spec = Object.hasOwn(flags, name) ? flags[name] : undefined;
  if (spec?.type !== "string") return NOTHING;
  const { candidates, leave } = await offerValue(spec.completes, { ...wish, current: value });
  return { candidates: candidates.map((each) => ({ ...each, value: prefix + each.value })), leave };
}

function flagsLeft(flags: FlagSpecs, { given }: Said): Candidate[] {
  return Object.entries(flags)
    .filter(([name]) => !given.includes(name))
    .map(([name, { summary }]) => ({ value: `--${name}`, about: summary }));
}

/** Where a command takes no word any more, its flags are what can follow. */
function offerPositional(command: Command, flags: FlagSpecs, wish: Wish): Promise<Offer> {
  const { positionals = [] } = command;
  const last = positionals.at(-1);
  const spec = positionals[wish.said.words.length] ?? (last?.variadic ? last : undefined);
  return spec === undefined ? offerFlags(flags, { ...wish, current: "" }) : offerValue(spec.completes, wish);
}

function offerProgram({ words }: Said): Offer {
  return { candidates: [], leave: words.length === 0 ? "commands" : "files" };
}

async function offerValue(completes: Completes | undefined, wish: Wish): Promise<Offer> {
  switch (completes?.what) {
    case undefined:
      return NOTHING;
    case "files":
    case "directories":
      return { candidates: [], leave: completes.what };
    case "help":
      return offerHelp(wish.said.words);
    case "words": {
      const words = await completes.words();
      return { candidates: listed(words.map(bare), completes, wish), leave: null };
    }
    case "agents": {
      const agents = await wish.ask(wish.said.values);
      return { candidates: listed(agentsFor(completes, agents), completes, wish), leave: null };
    }
  }
}

/** In a list joined by commas what stands before the last one is kept; nothing is offered twice. */
function listed(
  candidates: readonly Candidate[],
  { isList = false }: { readonly isList?: boolean },
  { current, said }: Wish,
): Candidate[] {
  const before = isList ? current.slice(0, current.lastIndexOf(",") + 1) : "";
  const taken = isList ? before.split(",") : said.words;
  return candidates
    .filter(({ value }) => !taken.includes(value))
    .map(({ value, about }) => ({ value: before + value, about }));
}

const FITS: Readonly<Record<AgentFilter, (agent: AgentStatus) => boolean>> = {
  any: () => true,
  up: ({ state }) => state !== "stopped" && state !== "failed",
  down: ({ state }) => state === "stopped" || state === "failed",
  troubled: ({ state }) => state === "failed" || state === "backoff",
  terminal: ({ session, pid }) => session === "tmux" && pid !== null,
};

function agentsFor(
  { which, withGlobs = false }: { readonly which: AgentFilter; readonly withGlobs?: boolean },
  agents: readonly AgentStatus[],
): Candidate[] {
  const fitting = agents.filter(FITS[which]);
  const named = fitting.map(({ agent, state }) => ({ value: agent, about: state }));
  return withGlobs ? [...named, ...groupsOf(fitting.map(({ agent }) => agent))] : named;
}

/** A glob for each part of the names that several agents share. */
function groupsOf(names: readonly string[]): Candidate[] {
  const parts = new Set(names.filter((name) => name.includes("/")).map((name) => name.slice(0, name.lastIndexOf("/"))));
  return [...parts].flatMap((part) => {
    const glob = `${part}/*`;
    const count = names.filter((name) => matchGlob(glob, name)).length;
    return count > 1 ? [{ value: glob, about: `${count} agents` }] : [];
  });
}

/** The words with which a command can go on. */
async function offerCommandWords(typed: readonly string[]): Promise<Offer> {
  return { candidates: await commandWords(typed), leave: null };
}

async function offerHelp(typed: readonly string[]): Promise<Offer> {
  const topics = typed.length === 0 ? TOPICS.map(({ name, summary }) => ({ value: name, about: summary })) : [];
  const commands = await commandWords(typed);
  // Some topics have the name of a command, and both are explained then.
  const alone = topics.filter((topic) => commands.every(({ value }) => value !== topic.value));
  return { candidates: [...commands, ...alone], leave: null };
}

async function commandWords(typed: readonly string[]): Promise<Candidate[]> {
  const [family] = typed;
  if (typed.length > 1) return [];
  if (family === undefined) {
    const words = new Set(COMMANDS.map(({ name }) => name.split(" ")[0] ?? ""));
    return Promise.all([...words].map(describeFirstWord));
  }
  const members = COMMANDS.filter(({ name }) => name.startsWith(`${family} `));
  return Promise.all(
    members.map(async ({ name, load }) => ({
      value: name.slice(family.length + 1),
      about: (await load()).command.summary,
    })),
  );
}

async function describeFirstWord(word: string): Promise<Candidate> {
  const entry = COMMANDS.find(({ name }) => name === word);
  if (entry !== undefined) return { value: word, about: (await entry.load()).command.summary };
  const members = COMMANDS.filter(({ name }) => name.startsWith(`${word} `));
  return { value: word, about: members.map(({ name }) => name.slice(word.length + 1)).join(", ") };
}

function bare(value: string): Candidate {
  return { value, about: "" };
}
