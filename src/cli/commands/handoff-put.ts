// `hearth handoff put`: leaves word for the next session of the agent this runs in.

import { defineCommand } from "../command.js";
import { FILES } from "../completion/completes.js";
import { timeoutOf, withClient } from "../context.js";
import { EXIT } from "../exit-codes.js";
import { readHandoff, STDIN } from "../handoff-text.js";
import { DAEMON_EXITS } from "../help/exits.js";
import { assertInSession } from "../session.js";

export const command = defineCommand({
  name: "handoff put",
  summary: "Leaves a handoff for the next session of the agent this runs in.",
  details: "At most 1 MiB of UTF-8; it replaces one that nobody has taken.",
  positionals: [{ name: "text", summary: "the handoff; - (the default) reads standard input" }],
  flags: { file: { type: "string", value: "FILE", completes: FILES, summary: "take it from a file" } },
  exits: DAEMON_EXITS,
  examples: ['hearth handoff put "The tests of the parser fail."', "hearth handoff put < notes.md"],
  seeAlso: ["handoff get", "cycle", "help handoff"],
  async run(context, { words: [word], flags: { file } }) {
    assertInSession(context, "handoff put");
    const text = word ?? (file === undefined ? STDIN : undefined);
    const handoff = (await readHandoff(context, { text, file })) ?? "";
    const done = await withClient(context, (client) =>
      client.call("handoff.put", { handoff }, { timeoutMs: timeoutOf(context) }),
    );
    context.output.result(done, () => []);
    return EXIT.done;
  },
});
