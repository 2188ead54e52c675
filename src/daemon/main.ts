// The hearthd program: maps its command line to checking or serving, and failures to exit codes.
import "./engine.js";
import { randomBytes } from "node:crypto";
import { DAEMON_VERSION } from "../../protocol/version.js";
import { checkConfiguration } from "./check.js";
import { describeFailure, EXIT } from "./failure.js";
import { type DaemonOptions, parseOptions, USAGE } from "./options.js";
import { serve } from "./serve.js";
import { complain } from "./standard-streams.js";

async function main(argv: readonly string[]): Promise<void> {
  let options: DaemonOptions;
  try {
    options = parseOptions(argv);
  } catch (error) {
    complain([`hearthd: ${error instanceof Error ? error.message : String(error)}`, "", USAGE]);
    process.exit(EXIT.usage);
  }
  if (options.help) return print(USAGE);
  if (options.version) return print(`${DAEMON_VERSION}\n`);
  if (options.check) return checkConfiguration(options, print);
  await serve(options, { instanceId: randomBytes(8).toString("hex") });
}

function print(text: string): void {
  process.stdout.write(text);
}

main(process.argv.slice(2)).catch((error: unknown) => {
  const { exitCode, lines } = describeFailure(error, { launched: process.argv.includes("--detached") });
  complain(lines);
  process.exit(exitCode);
});
