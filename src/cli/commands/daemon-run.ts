// `hearth daemon run`: the daemon in the foreground, for service managers and for watching it work.
import { defineCommand } from "../command.js";
import { runHearthd } from "../hearthd.js";

export const command = defineCommand({
  name: "daemon run",
  aliases: ["daemon serve"],
  summary: "Runs the daemon in the foreground until Ctrl-C or SIGTERM.",
  details: "Exits with 78 when the configuration is wrong or another daemon holds the home.",
  ownsSignals: true,
  run: (context) => runHearthd(context),
});
