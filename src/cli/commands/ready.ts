// `hearth ready`: the agent this runs in has done what it had to do first.
import { defineCommand } from "../command.js";
import { timeoutOf, withClient } from "../context.js";
import { EXIT } from "../exit-codes.js";
import { assertInSession } from "../session.js";

export const command = defineCommand({
  name: "ready",
  summary: "Tells the daemon that the agent this runs in is ready.",
  details:
    "Agents that depend on it start then, if its definition says ready = { notify = true }. It also takes the handoff: the next session no longer finds it. Prints nothing.",
  examples: ["hearth ready"],
  async run(context) {
    assertInSession(context, "ready");
    const done = await withClient(context, (client) =>
      client.call("agent.ready", {}, { timeoutMs: timeoutOf(context) }),
    );
    context.output.result(done, () => []);
    return EXIT.done;
  },
});
