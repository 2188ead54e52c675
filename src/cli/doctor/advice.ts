// Makes commands in advice mean the daemon that was examined.
import type { Context } from "../context.js";
import type { Finding } from "./finding.js";
import { shellWord } from "./shell-word.js";

/** Adds the places that were named on the command line to each `hearth` command. */
export function withPlaces(findings: readonly Finding[], named: Context["named"]): Finding[] {
  const flags = Object.entries(named).flatMap(([name, value]) =>
    value === undefined ? [] : [` --${name} ${shellWord(value)}`],
  );
  const complete = (advice: string) =>
    advice.replace(/`(hearth [^`]+)`/g, (_, words) => `\`${words}${flags.join("")}\``);
  return findings.map((finding) => ({
    ...finding,
    advice: finding.advice === null ? null : complete(finding.advice),
  }));
}
