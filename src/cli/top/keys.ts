// The keys of `hearth top`: what each does, in the order in which help shows them.

/** What a key asks for while nothing is being typed. */
export type Command =
  | Move
  | Action
  | "filter"
  | "log"
  | "follow"
  | "back"
  | "help"
  | "repaint"
  | "suspend"
  | "quit"
  | "interrupt";

/** Where to go in the list, or in the log when that has the screen. */
export type Move = "up" | "down" | "page-up" | "page-down" | "first" | "last";

/** What is asked of the daemon for the selected agent. */
export type Action = "restart" | "cycle" | "stop" | "start" | "poke" | "reset";

/** One command with the keys that call it. */
export interface Binding {
  readonly command: Command;
  /** As `keysOf` names them. */
  readonly keys: readonly string[];
  /** The keys as help shows them. */
  readonly shown: string;
  readonly does: string;
  /** In a word, for the last row; absent: it is not shown there. */
  readonly word?: string;
}

/**
 * Letters for the hand that knows less, k9s and systemctl; function keys as in htop and process-compose. Small and
 * capital letters differ, so that no agent is stopped by a slip of the shift key.
 */
export const BINDINGS: readonly Binding[] = [
  { command: "quit", keys: ["q", "f10"], shown: "q F10", does: "quit", word: "quit" },
  { command: "help", keys: ["?", "h", "f1"], shown: "? h F1", does: "this help", word: "help" },
  { command: "up", keys: ["up", "k"], shown: "↑ k", does: "the agent above; in the full log a line up" },
  { command: "down", keys: ["down", "j"], shown: "↓ j", does: "the agent below; in the full log a line down" },
  { command: "page-up", keys: ["pageup", "ctrl+b"], shown: "PgUp Ctrl-B", does: "a page up" },
  { command: "page-down", keys: ["pagedown", "ctrl+f", " "], shown: "PgDn Ctrl-F Space", does: "a page down" },
  { command: "first", keys: ["home", "g"], shown: "Home g", does: "to the beginning" },
  { command: "last", keys: ["end", "G"], shown: "End G", does: "to the end" },
  { command: "restart", keys: ["r", "ctrl+r"], shown: "r Ctrl-R", does: "restart it, after asking", word: "restart" },
  {
    command: "cycle",
    keys: ["c"],
    shown: "c",
    does: "cycle it, after asking: a fresh session with a handoff",
    word: "cycle",
  },
  { command: "stop", keys: ["s", "f9"], shown: "s F9", does: "stop it, after asking", word: "stop" },
  { command: "start", keys: ["S", "f7"], shown: "S F7", does: "start it", word: "Start" },
  { command: "poke", keys: ["p"], shown: "p", does: "poke it, with a line of your own or its message", word: "poke" },
  { command: "reset", keys: ["x"], shown: "x", does: "clear its crash loop or backoff, after asking", word: "reset" },
  {
    command: "filter",
    keys: ["/", "f4"],
    shown: "/ F4",
    does: "only agents whose name or state has this",
    word: "filter",
  },
  {
    command: "log",
    keys: ["l", "enter"],
    shown: "l Enter",
    does: "its log on the whole screen, and back",
    word: "log",
  },
  {
    command: "follow",
    keys: ["f", "f5"],
    shown: "f F5",
    does: "hold the log still, or follow it again",
    word: "follow",
  },
  { command: "back", keys: ["escape"], shown: "Esc", does: "leave the log or this help, or drop the filter" },
  { command: "repaint", keys: ["ctrl+l"], shown: "Ctrl-L", does: "draw everything again" },
  { command: "suspend", keys: ["ctrl+z"], shown: "Ctrl-Z", does: "back to the shell until `fg`" },
  { command: "interrupt", keys: ["ctrl+c"], shown: "Ctrl-C", does: "quit at once, with exit code 130" },
];

const COMMANDS: ReadonlyMap<string, Command> = new Map(
  BINDINGS.flatMap(({ command, keys }) => keys.map((key) => [key, command] as const)),
);

const MOVES: readonly Command[] = ["up", "down", "page-up", "page-down", "first", "last"];
const ACTIONS: readonly Command[] = ["restart", "cycle", "stop", "start", "poke", "reset"];

/** The command of a key, if it has one. */
export function commandOf(key: string): Command | undefined {
  return COMMANDS.get(key);
}

export function isMove(command: Command): command is Move {
  return MOVES.includes(command);
}

export function isAction(command: Command): command is Action {
  return ACTIONS.includes(command);
}
