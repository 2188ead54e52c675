// `hearth help`: a command, a topic, or everything in a line each.
import { defineCommand } from "../command.js";
import { EXIT } from "../exit-codes.js";

export const command = defineCommand({
  name: "help",
  summary: "Explains a command or a topic; `hearth help` lists both.",
  details:
    "What is both, such as poke, is explained as both. The text is as wide as the terminal, at most 100 columns, and goes through no pager.",
  positionals: [
    {
      name: "topic",
      summary: "a command such as `daemon start`, or a topic such as `config`",
      variadic: true,
      completes: { what: "help" },
    },
  ],
  examples: ["hearth help daemon start", "hearth help config | less", "hearth help exit-codes"],
  async run(context, { words }) {
    context.output.result({ help: await context.explain(words) }, ({ help }) => [help]);
    return EXIT.done;
  },
});
