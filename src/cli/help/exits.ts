// Exit codes that many commands share, in words.

/** Of a command that asks the daemon something. */
export const DAEMON_EXITS = { offline: "the daemon is not running", timedOut: "it did not answer in time (--timeout)" };

/** Of a command about an agent that is named. */
export const AGENT_EXITS = { ...DAEMON_EXITS, noSuchAgent: "there is no such agent" };

/** Of a command that an agent may use on others only as its definition permits. */
export const CONTROL_EXITS = { ...AGENT_EXITS, notPermitted: "an agent asked that may not: see may_control" };

/** Of a command that is not for agents at all. */
export const OPERATOR_EXITS = { ...AGENT_EXITS, notPermitted: "an agent asked: only the operator may" };

/** Of a command that starts a daemon. */
export const START_EXITS = {
  failed: "the daemon did not start, or one is there that does not answer",
  timedOut: "it did not answer in time (--timeout)",
  config: "hearth.toml is wrong, or another daemon holds the home",
};
