// `hearth completion`: the script that makes a shell complete hearth's command lines.
import { basename } from "node:path";
import { defineCommand } from "../command.js";
import { SCRIPTS, SHELLS, type Shell } from "../completion/scripts.js";
import { EXIT } from "../exit-codes.js";
import { UsageError } from "../usage-error.js";

export const command = defineCommand({
  name: "completion",
  summary: "Prints a script with which your shell completes commands.",
  details:
    "It completes commands, flags with their values, and the names of the agents that the daemon has now. Its first lines say how to install it; once installed it need not be renewed, since it asks hearth itself. Without a word it is for the shell that SHELL names.",
  positionals: [{ name: "shell", summary: SHELLS.join(", "), completes: { what: "words", words: () => SHELLS } }],
  examples: ['eval "$(hearth completion bash)"', "hearth completion fish | source"],
  seeAlso: ["help"],
  async run({ env, output }, { words: [word] }) {
    const shell = shellOf(word, env);
    output.result({ shell, script: SCRIPTS[shell] }, ({ script }) => [script.trimEnd()]);
    return EXIT.done;
  },
});

function shellOf(word: string | undefined, { SHELL = "" }: Readonly<Record<string, string | undefined>>): Shell {
  const name = word ?? basename(SHELL);
  const shell = SHELLS.find((known) => known === name);
  if (shell !== undefined) return shell;
  const why = word === undefined ? "completion: for which shell?" : `completion: there is none for "${word}"`;
  throw new UsageError(why, `choose one of ${SHELLS.join(", ")}, such as \`hearth completion ${SHELLS[0]}\``);
}
