// `hearth help scripting`.
import { type Block, code, heading, text } from "../../render/page.js";

export function page(): Block[] {
  return [
    heading("Hearth in scripts"),
    text(
      'Every command takes --json and then prints one JSON value to standard output, also when it fails: {"error": {code, kind, message, hint}}. What follows, as `hearth events -f` does, prints one value a line. Notes for people go to standard error. Fields are added, never renamed.',
    ),
    code(
      "hearth status --json | jq -r '.agents[] | select(.state == \"failed\") | .agent'",
      "hearth daemon status --json | jq -r .status  # running, stopped, stale or unresponsive",
      'hearth rpc agent.get \'{"agent": "gateway"}\' --json | jq .uptimeMs',
    ),
    text(
      "Verbs can be repeated: starting what runs and stopping what is stopped are done (0). `hearth start` and `hearth stop` wait for the outcome; restart, cycle and shutdown do with --wait. --timeout bounds every wait, 30 s unless it is given, and then the exit code is 5.",
    ),
    code(
      "hearth start gateway --timeout 2m || hearth logs gateway -n 20",
      "hearth cycle mayor --wait --key nightly-2026-03-01  # asked again with the same key, it is the same request",
    ),
    text(
      "Output to a pipe has no colours, and its tables are as wide as they must be; they may change, so take --json for anything that is to be read by a program.",
    ),
  ];
}
