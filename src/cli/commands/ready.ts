// `hearth ready`: the agent this runs in has done what it had to do first.

import { defineCommand } from "../command.js";
import { timeoutOf, withClient } from "../context.js";
import { EXIT } from "../exit-codes.js";
import { DAEMON_EXITS } from "../help/exits.js";
import { assertInSession } from "../session.js";

export const command = defineCommand({
  name: "ready",
  summary: "Tells the daemon that the agent this runs in is ready.",
  details:
    "Agents that depend on it start then, if its definition says ready = { notify = true }. It also takes the handoff: the next session no longer finds it. Prints nothing.",
  exits: { ...DAEMON_EXITS, notPermitted: "the session has ended: its token is no longer good" },
  examples: ["hearth ready", "cat notes.md && hearth ready  # ready once what it needs is there"],
  seeAlso: ["beat", "handoff get", "help handoff"],
  async run(context) {
    assertInSession(context, "ready");
    const done = await withClient(context, (client) =>
      client.call("agent.ready", {}, { timeoutMs: timeoutOf(context) }),
    );
    context.output.result(done, () => []);
    return EXIT.done;
  },
});
