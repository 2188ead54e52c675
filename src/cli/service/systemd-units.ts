// A service as systemd's user units: the daemon, and its socket for starting it on first use.

import type { Service } from "./service.js";
import { impossiblePath } from "./service-error.js";

/** @throws ServiceError when the home's path can't be written in a unit */
export function serviceUnit({ name, home, command, environment }: Service): string {
  const [program, ...args] = command;
  return `[Unit]
Description=Hearth daemon of ${specifiersEscaped(oneLine(home))}
Wants=${name}.socket
After=${name}.socket
StartLimitIntervalSec=60
StartLimitBurst=10

[Service]
Type=exec
# The colon keeps systemd from looking for variables in the words.
ExecStart=${[`:${program}`, ...args].map(quoted).join(" ")}
ExecReload=kill -HUP $MAINPID
${environmentLines(environment)}
# Agents outlive the daemon: only the daemon is signalled, and one that runs out of memory does not end it.
KillMode=process
OOMPolicy=continue
TasksMax=infinity
# It stops its agents before it ends, each with a grace of its own.
TimeoutStopSec=infinity
Restart=always
RestartSec=1
# 78: the configuration is wrong, or another daemon holds the home. 0: it ended because it was asked to.
RestartPreventExitStatus=78
RestartPreventExitStatus=0
# 75: it leaves its restart to systemd.
SuccessExitStatus=75

[Install]
WantedBy=default.target
`;
}

/** @throws ServiceError when the socket's path can't be written in a unit */
export function socketUnit({ home, socketPath }: Service): string {
  return `[Unit]
Description=Socket of the Hearth daemon of ${specifiersEscaped(oneLine(home))}

[Socket]
ListenStream=${specifiersEscaped(oneLine(socketPath))}
SocketMode=0600
DirectoryMode=0700

[Install]
WantedBy=sockets.target
`;
}

function environmentLines(environment: Readonly<Record<string, string>>): string {
  return Object.entries(environment)
    .map(([name, value]) => `Environment=${quoted(`${name}=${value}`)}`)
    .join("\n");
}

const PLAIN_WORD = /^[A-Za-z0-9_@.,:=+/-]+$/;

/** One word of a command line, or one assignment: systemd.syntax(7). */
function quoted(word: string): string {
  if (PLAIN_WORD.test(word)) return word;
  const escaped = specifiersEscaped(word).replace(/["\\]/g, "\\$&").replace(CONTROL, hexEscape);
  return `"${escaped}"`;
}

// biome-ignore lint/suspicious/noControlCharactersInRegex: these are what a unit's line can't hold
const CONTROL = /[\u0001-\u001f\u007f]/g;

function hexEscape(character: string): string {
  return `\\x${character.charCodeAt(0).toString(16).padStart(2, "0")}`;
}

/** %h and the like are the unit's own words: systemd.unit(5). */
function specifiersEscaped(text: string): string {
  return text.replaceAll("%", "%%");
}

/** For settings that know no quoting. */
function oneLine(path: string): string {
  if (path.search(CONTROL) >= 0) throw impossiblePath(path, "has characters that a systemd unit can't name");
  return path;
}
