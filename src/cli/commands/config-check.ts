// `hearth config check`: what is wrong with hearth.toml.
import { type ConfigReport, formatProblem } from "../../../protocol/config-problem.js";
import { assertTrusted } from "../../client/discover.js";
import { badConfiguration, checkTimedOut, launchFailed } from "../../client/errors.js";
import { defineCommand } from "../command.js";
import { checkConfiguration } from "../configuration-check.js";
import { type Context, locate, timeoutOf } from "../context.js";
import { EXIT } from "../exit-codes.js";
import { paint, plain, type Style } from "../render/text.js";

export const command = defineCommand({
  name: "config check",
  summary: "Checks hearth.toml: line and key of everything that is wrong.",
  details:
    "Looks at the file and at what it refers to: directories, programs, env files. The daemon need not run, and nothing is applied. What would keep only a single agent from starting is told as well.",
  exits: { config: "something is wrong with which no daemon would start", timedOut: "it took too long (--timeout)" },
  examples: ["hearth config check", "hearth config check && hearth daemon reload"],
  seeAlso: ["init", "daemon reload", "help config"],
  async run(context) {
    const report = await check(context);
    context.output.result(report, render);
    if (!context.output.json) context.output.note(whatNext(report));
    return report.starts ? EXIT.done : EXIT.config;
  },
});

async function check(context: Context): Promise<ConfigReport> {
  const whereabouts = locate(context);
  assertTrusted(whereabouts);
  const timeoutMs = timeoutOf(context);
  const checked = await checkConfiguration(context, whereabouts, { timeoutMs });
  if (checked.outcome === "timed-out") throw checkTimedOut(timeoutMs);
  if (checked.outcome === "checked") return checked.report;
  throw checked.outcome === "refused" ? badConfiguration(checked.why) : launchFailed(checked.why);
}

function render({ problems }: ConfigReport, style: Style): string[] {
  return problems.flatMap((problem) => [
    plain(formatProblem(problem)),
    paint(`  ${plain(problem.hint)}`, "dim", style),
  ]);
}

function whatNext({ ok, file, starts }: ConfigReport): string {
  if (file === null) return "there is no hearth.toml, so all is as by default: run `hearth init` to begin with one";
  if (ok) return plain(`${file} is right`);
  if (starts) return "hint: these agents fail until that is mended; `hearth daemon reload` then applies it";
  return "hint: mend it, then run `hearth config check` again";
}
