// The command line of hearthd.
import { parseArgs } from "node:util";

export interface DaemonOptions {
  readonly home: string | undefined;
  readonly socket: string | undefined;
  readonly descriptor: string | undefined;
  /** Started by a client that reads one line from stdout and then leaves. */
  readonly detached: boolean;
  /** Only look whether the configuration is right and this program starts. */
  readonly check: boolean;
  readonly json: boolean;
  readonly help: boolean;
  readonly version: boolean;
}

export const USAGE = `Usage: hearthd [--home DIR] [--socket PATH] [--descriptor FILE] [--check [--json]]

Runs the Hearth daemon in the foreground until SIGTERM or SIGINT; SIGHUP reads hearth.toml again.
People usually start it with \`hearth daemon start\` (in the background) or \`hearth daemon run\`.

  --home DIR         the directory with this daemon's files (default: as \`hearth\` finds it)
  --socket PATH      listen here instead of DIR/daemon.sock
  --descriptor FILE  write the descriptor here instead of DIR/daemon.json
  --check            check the configuration and exit: 0 when it is right, 78 when it is wrong
  --json             with --check: print the problems as JSON
  --version, --help

Exit codes: 0 ended as asked, 1 failed, 2 wrong usage, 78 configuration error or another daemon holds this home.
`;

/** @throws TypeError of util.parseArgs for unknown options */
export function parseOptions(argv: readonly string[]): DaemonOptions {
  const { values } = parseArgs({
    args: [...argv],
    options: {
      home: { type: "string" },
      socket: { type: "string" },
      descriptor: { type: "string" },
      detached: { type: "boolean", default: false },
      check: { type: "boolean", default: false },
      json: { type: "boolean", default: false },
      help: { type: "boolean", default: false },
      version: { type: "boolean", default: false },
    },
  });
  const { home, socket, descriptor, detached, check, json, help, version } = values;
  return { home, socket, descriptor, detached, check, json, help, version };
}
