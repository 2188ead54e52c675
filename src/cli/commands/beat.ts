// `hearth beat`: the agent this runs in is alive.

import { defineCommand } from "../command.js";
import { timeoutOf, withClient } from "../context.js";
import { EXIT } from "../exit-codes.js";
import { DAEMON_EXITS } from "../help/exits.js";
import { assertInSession } from "../session.js";

export const command = defineCommand({
  name: "beat",
  summary: "Tells the daemon that the agent this runs in is alive.",
  details:
    "Prints nothing, since an agent's output is its log; --json tells when the next beat is due. An agent that never beats is left alone, unless when_missed in its definition turns the watchdog on.",
  flags: {
    status: { type: "string", value: "TEXT", summary: "what the agent is doing" },
    note: { type: "string", value: "TEXT", summary: "anything else worth an event" },
  },
  exits: { ...DAEMON_EXITS, notPermitted: "the session has ended: its token is no longer good" },
  examples: ["hearth beat", 'hearth beat --status reviewing --note "12 of 40"  # shows in `hearth events`'],
  seeAlso: ["ready", "help poke", "help restarts"],
  async run(context, { flags: { status, note } }) {
    assertInSession(context, "beat");
    const due = await withClient(context, (client) =>
      client.call("agent.beat", { status, note }, { timeoutMs: timeoutOf(context) }),
    );
    context.output.result(due, () => []);
    return EXIT.done;
  },
});
