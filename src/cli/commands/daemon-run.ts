// `hearth daemon run`: the daemon in the foreground, for service managers and for watching it work.
import { firstProcess } from "../../client/errors.js";
import { defineCommand } from "../command.js";
import { runHearthd } from "../hearthd.js";

export const command = defineCommand({
  name: "daemon run",
  aliases: ["daemon serve"],
  summary: "Runs the daemon in the foreground until Ctrl-C or SIGTERM.",
  details:
    "Ctrl-C stops the agents, too. What the daemon logs goes to standard error here, besides its log file. Exits with 75 when it was asked to restart: then it is to be started again. As process 1 of a container it refuses: run that with `docker run --init`, or see examples/container.",
  exits: { config: "the configuration is wrong, or another daemon holds the home: do not try again" },
  examples: ["hearth daemon run", "hearth daemon run --home /srv/town/.hearth"],
  seeAlso: ["daemon start", "daemon logs", "help files"],
  ownsSignals: true,
  async run(context) {
    // hearthd would be another process, but orphans would come to this one.
    if (process.pid === 1) throw firstProcess();
    return runHearthd(context);
  },
});
