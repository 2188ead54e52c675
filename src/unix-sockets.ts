// The Unix sockets that somebody listens on, as Linux tells in /proc/net/unix; elsewhere none are known.
import { readFileSync } from "node:fs";

export interface ListeningSocket {
  readonly inode: string;
  /** As it was bound, which may since have been renamed or removed; empty for one without a name. */
  readonly path: string;
}

/** Every stream socket of this network namespace that takes connections. */
export function listeningSockets(): ListeningSocket[] {
  try {
    return parseUnixSockets(readFileSync("/proc/net/unix", "utf8"));
  } catch {
    return [];
  }
}

/** Whether somebody listens on a socket that was bound to this path. Asks the kernel, so that nobody is woken by it. */
export function isListenedOn(path: string): boolean {
  return listeningSockets().some((socket) => socket.path === path);
}

/** __SO_ACCEPTCON of the kernel: listen(2) was called. */
const TAKES_CONNECTIONS = 0x1_00_00;
const STREAM = 1;

// Num: RefCount Protocol Flags Type St Inode Path
const LINE = /^\S+: \S+ \S+ ([0-9A-F]+) ([0-9A-F]+) \S+ +(\d+)(?: (.*))?$/;

/** Reads the text of /proc/net/unix. */
export function parseUnixSockets(text: string): ListeningSocket[] {
  return text.split("\n").flatMap((line) => {
    const [, flags = "0", type = "0", inode = "", path = ""] = LINE.exec(line) ?? [];
    const listens = Number.parseInt(type, 16) === STREAM && (Number.parseInt(flags, 16) & TAKES_CONNECTIONS) !== 0;
    return listens ? [{ inode, path }] : [];
  });
}
