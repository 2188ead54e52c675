// Puts a message into an agent's terminal, and tells from the screen whether the agent took it.
import { setTimeout as sleep } from "node:timers/promises";
import { LaunchError } from "./session.js";
import { TmuxError } from "./tmux-command.js";
import type { PaneView, TmuxPane } from "./tmux-pane.js";
import { inputLine, type Screen, typedText } from "./tmux-screen.js";

const LOOK_EVERY_MS = 50;
/** Programs tell a paste from typing by its pace, and take an Enter right behind it for a part of it. */
const QUIET_BEFORE_ENTER_MS = 150;
/** A screen that never comes to rest (a spinner, a clock) is not waited for any longer. */
const SETTLES_WITHIN_MS = 1_500;
const TAKEN_WITHIN_MS = 1_500;
/** So much of a message's end tells it from anything else on the input line. */
const TAIL_LENGTH = 24;

/** Everything of Unicode's category Cc but tab and newline: ESC[201~ ends a bracketed paste and would type commands. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is refused
const FORBIDDEN = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f]/;

/** What became of a poke. */
export interface PokeOutcome {
  /** True only when the screen showed that the message left the input line. */
  readonly delivered: boolean;
  /** Why not, or what remains uncertain. */
  readonly detail?: string;
}

/** Allows a poke to be called off. */
export interface PokeOptions {
  readonly signal: AbortSignal;
}

/**
 * Pastes a message, presses Enter and looks. Sends nothing else: an Escape or a Ctrl-C would interrupt an agent that
 * is thinking. Whatever tmux says against it is in `detail`.
 *
 * @throws the signal's reason when called off; the message may be on the input line then
 */
export async function pokePane(pane: TmuxPane, message: string, { signal }: PokeOptions): Promise<PokeOutcome> {
  const flaw = flawOf(message);
  if (flaw !== null) return undelivered(flaw);
  try {
    return await deliver(pane, message, signal);
  } catch (error) {
    if (error instanceof TmuxError || error instanceof LaunchError) return undelivered(error.message);
    throw error;
  }
}

function flawOf(message: string): string | null {
  if (message.trim() === "") return "the message is empty";
  return FORBIDDEN.test(message) ? "the message has control characters other than tab and newline" : null;
}

async function deliver(pane: TmuxPane, message: string, signal: AbortSignal): Promise<PokeOutcome> {
  signal.throwIfAborted();
  const before = await pane.look();
  const obstacle = obstacleIn(before);
  if (obstacle !== null) return undelivered(obstacle);
  if (before.inMode) await pane.leaveMode();
  signal.throwIfAborted();
  await pane.paste(message);
  const pasted = await settle(pane, before.screen, signal);
  return submit(pane, { before: before.screen, pasted, rest: restOf(message, before.screen, pasted) }, signal);
}

function obstacleIn({ alive, inputOff, clients, inMode, screen }: PaneView): string | null {
  if (!alive) return "the session has ended";
  if (inputOff) return "the pane's input is turned off";
  if (clients === 0) return null;
  if (inMode) return "somebody who is attached has the pane in copy mode";
  return typedText(screen) === "" ? null : "somebody is attached and the input line is not empty";
}

/** Waits until the screen shows something new and stands still, as far as it ever does. */
async function settle(pane: TmuxPane, before: Screen, signal: AbortSignal): Promise<Screen> {
  const deadline = performance.now() + SETTLES_WITHIN_MS;
  let last = before;
  let quietSince = performance.now();
  while (performance.now() < deadline) {
    await sleep(LOOK_EVERY_MS, undefined, { signal });
    const { screen } = await pane.look();
    if (!isSame(screen, last)) quietSince = performance.now();
    last = screen;
    if (!isSame(last, before) && performance.now() - quietSince >= QUIET_BEFORE_ENTER_MS) break;
  }
  return last;
}

/** The screens around a paste. */
interface Paste {
  readonly before: Screen;
  readonly pasted: Screen;
  /** Text that stands on the input line until the message is taken; empty when it cannot be told. */
  readonly rest: string;
}

/** The end of the message if it can be read, or what a program shows in its place, as in "[Pasted text]". */
function restOf(message: string, before: Screen, pasted: Screen): string {
  const line = inputLine(pasted);
  const lastLine = message.trimEnd().split("\n").at(-1) ?? "";
  const tail = lastLine.slice(-TAIL_LENGTH).trim();
  if (line.includes(tail)) return tail;
  return line === inputLine(before) ? "" : line;
}

async function submit(pane: TmuxPane, paste: Paste, signal: AbortSignal): Promise<PokeOutcome> {
  if (await enterIsTaken(pane, paste, signal)) return delivered(paste);
  if (paste.rest === "") return undelivered("the terminal showed neither the message nor an answer to Enter");
  if (await enterIsTaken(pane, paste, signal)) return delivered(paste);
  return undelivered("the message still stands on the input line after two Enters");
}

async function enterIsTaken(pane: TmuxPane, paste: Paste, signal: AbortSignal): Promise<boolean> {
  await pane.pressEnter();
  const deadline = performance.now() + TAKEN_WITHIN_MS;
  while (performance.now() < deadline) {
    await sleep(LOOK_EVERY_MS, undefined, { signal });
    if (isTaken((await pane.look()).screen, paste)) return true;
  }
  return false;
}

function isTaken(now: Screen, { before, pasted, rest }: Paste): boolean {
  if (isSame(now, pasted)) return false;
  // A prompt that is back as it was may well contain a short message.
  return rest === "" || !inputLine(now).includes(rest) || inputLine(now) === inputLine(before);
}

function isSame(one: Screen, other: Screen): boolean {
  const { x, y } = one.cursor;
  return x === other.cursor.x && y === other.cursor.y && one.rows.join("\n") === other.rows.join("\n");
}

function delivered({ rest }: Paste): PokeOutcome {
  return rest === "" ? { delivered: true, detail: "the terminal did not show the message" } : { delivered: true };
}

function undelivered(detail: string): PokeOutcome {
  return { delivered: false, detail };
}
