// The logs of the soak's home, backups included.
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { basename, dirname } from "node:path";
import { agentLogPath } from "../../src/logs/agent-logs.js";
import { homeFiles } from "../../src/paths.js";

/** A line of the daemon's log. */
export interface LogEntry {
  readonly level: string;
  readonly message: string;
  /** The line as it is. */
  readonly line: string;
}

/** An agent's whole output, the oldest first. */
export function readOutput(home: string, agent: string): string {
  return wholeLog(agentLogPath(homeFiles(home).agentLogs, agent));
}

/** The newest first. The numbers have a gap where a daemon died while it shifted them. */
export function backupsOf(file: string): string[] {
  const prefix = `${basename(file)}.`;
  const numbers = readdirSync(dirname(file))
    .filter((name) => name.startsWith(prefix))
    .map((name) => name.slice(prefix.length))
    .filter((number) => /^\d+$/.test(number));
  return numbers.sort((a, b) => Number(a) - Number(b)).map((number) => `${file}.${number}`);
}

/** What the daemons have logged; a daemon that was killed may have had more to say. */
export function readDaemonLog(home: string): LogEntry[] {
  const lines = wholeLog(homeFiles(home).daemonLog).split("\n").filter(Boolean);
  return lines.map((line) => ({ ...(parse(line) ?? { level: "torn", message: line }), line }));
}

function wholeLog(file: string): string {
  return [...backupsOf(file).reverse(), file]
    .map((each) => (existsSync(each) ? readFileSync(each, "utf8") : ""))
    .join("");
}

/** Null for the last line of a daemon that was killed in the middle of it. */
function parse(line: string): Pick<LogEntry, "level" | "message"> | null {
  try {
    return JSON.parse(line);
  } catch {
    return null;
  }
}
