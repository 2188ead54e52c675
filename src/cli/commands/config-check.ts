// `hearth config check`: what is wrong with hearth.toml.
import { defineCommand } from "../command.js";
import { EXIT } from "../exit-codes.js";
import { runHearthd } from "../hearthd.js";

export const command = defineCommand({
  name: "config check",
  summary: "Checks hearth.toml: file, line and key of everything that is wrong.",
  details: "Exits with 78 when something is. The daemon need not run.",
  ownsSignals: true,
  async run(context) {
    const { output } = context;
    const exitCode = await runHearthd(context, output.json ? ["--check", "--json"] : ["--check"]);
    if (exitCode === EXIT.done && !output.json) output.note("the configuration is right");
    return exitCode;
  },
});
