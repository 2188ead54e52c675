// `hearth help exit-codes`.
import { EXIT, type ExitName } from "../../exit-codes.js";
import { type Block, heading, terms, text } from "../../render/page.js";

const MEANINGS: Readonly<Record<ExitName, string>> = {
  done: 'done (also "already running", "already stopped")',
  failed: "failed",
  usage: "wrong usage",
  offline: "the daemon is not running",
  noSuchAgent: "no such agent",
  timedOut: "timed out",
  notPermitted: "not permitted",
  config: "configuration error, or another daemon holds this home",
  interrupted: "interrupted with Ctrl-C",
};

export function page(): Block[] {
  const rows = Object.entries(MEANINGS).map(([name, meaning]) => ({ term: String(EXIT[name as ExitName]), meaning }));
  return [
    heading("Exit codes"),
    terms(rows),
    text("`hearth daemon status`: 0 running, 1 stale or unresponsive, 3 stopped."),
    text(
      'They are the same for every command and every version. With --json a failure prints {"error": {code, kind, message, hint}}; a script tells failures apart by the exit code or by kind, never by the message.',
    ),
  ];
}
