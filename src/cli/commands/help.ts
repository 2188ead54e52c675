// `hearth help`: a command, a topic, or everything in a line each.
import { defineCommand } from "../command.js";
import { EXIT } from "../exit-codes.js";

export const command = defineCommand({
  name: "help",
  summary: "Explains a command, or a topic: exit-codes, files, handoff, poke.",
  positionals: [{ name: "topic", summary: "a command such as `daemon start`, or a topic", variadic: true }],
  examples: ["hearth help daemon start", "hearth help exit-codes"],
  async run(context, { words }) {
    context.output.result({ help: await context.explain(words) }, ({ help }) => [help]);
    return EXIT.done;
  },
});
