// `hearth doctor`: what is wrong, and what to do about it.
import { defineCommand } from "../command.js";
import { withPlaces } from "../doctor/advice.js";
import { examine } from "../doctor/examination.js";
import { lookAround } from "../doctor/look-around.js";
import { EXIT } from "../exit-codes.js";
import { renderFindings } from "../render/doctor.js";

/** A daemon that is silent for this long is called unresponsive; milliseconds. */
const TIMEOUT_MS = 5_000;

export const command = defineCommand({
  name: "doctor",
  summary: "Looks for what is wrong, and says what helps.",
  details:
    "At the daemon, its home and this machine. Changes nothing, and works without a daemon; that one was simply not started is no problem. Nothing is waited for longer than 5 s, or --timeout.",
  exits: { failed: "something is wrong" },
  seeAlso: ["daemon status", "daemon logs", "config check", "help files"],
  examples: ["hearth doctor", "hearth doctor --json", "hearth doctor --home /srv/hearth"],
  async run(context) {
    const facts = await lookAround(context, { timeoutMs: context.timeoutMs ?? TIMEOUT_MS });
    const checks = withPlaces(examine(facts), context.named);
    const problems = checks.filter(({ status }) => status === "problem").length;
    context.output.result({ checks, problems }, renderFindings);
    return problems === 0 ? EXIT.done : EXIT.failed;
  },
});
