// A service for people.
import type { ServiceReport } from "../service/service-report.js";
import { type Fact, renderFacts } from "./facts.js";
import { paint, plain, type Style } from "./text.js";

/** A line for each thing worth knowing. */
export function renderService(report: ServiceReport, style: Style): string[] {
  const { manager, name, home, installed, files } = report;
  const head: Fact[] = [
    ["service", `${plain(name)} (${manager})`],
    ["home", plain(home)],
  ];
  if (!installed) return renderFacts([...head, ["installed", paint("no", "dim", style)]]);
  return renderFacts([
    ...head,
    ["installed", files.map(plain).join(", ")],
    ["enabled", answer(report.enabled, "yes, it starts at login", style)],
    ["active", answer(report.active, report.pid === null ? "yes" : `yes (pid ${report.pid})`, style)],
  ]);
}

function answer(value: boolean | null, yes: string, style: Style): string {
  if (value === null) return paint("unknown", "yellow", style);
  return value ? paint(yes, "green", style) : paint("no", "yellow", style);
}
