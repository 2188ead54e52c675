// The signals that definitions and callers may name.

/** Signals that can be sent to an agent, by the names all platforms with signals know. */
export const SIGNALS = [
  "SIGTERM",
  "SIGINT",
  "SIGHUP",
  "SIGQUIT",
  "SIGUSR1",
  "SIGUSR2",
  "SIGKILL",
  "SIGALRM",
  "SIGCONT",
  "SIGSTOP",
  "SIGTSTP",
  "SIGWINCH",
] as const;

export type SignalName = (typeof SIGNALS)[number];
