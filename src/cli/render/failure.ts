// A failure for people and for scripts: what happened, why, and the command that helps.
import { plain } from "./text.js";

/** What `--json` prints of a failure. */
export interface FailureReport {
  readonly error: {
    /** JSON-RPC error code; null when the failure is not the daemon's answer. */
    readonly code: number | null;
    readonly kind: string;
    readonly message: string;
    readonly hint: string;
  };
}

/** The report of anything thrown. */
export function reportFailure(error: unknown): FailureReport {
  const { code, kind, reason, message, hint } = asRecord(error);
  return {
    error: {
      code: typeof code === "number" ? code : null,
      kind: firstText(kind, reason) ?? "internal",
      message: firstText(message) ?? String(error),
      hint: firstText(hint) ?? "run `hearth doctor`",
    },
  };
}

/** Lines for stderr; the hint is left out where the message says it already. */
export function renderFailure({ error }: FailureReport): string[] {
  const lines = error.message.trimEnd().split("\n").map(plain);
  const first = `hearth: ${lines[0] ?? ""}`;
  const hint = error.message.includes(error.hint) ? [] : [`hint: ${plain(error.hint)}`];
  return [first, ...lines.slice(1), ...hint];
}

function asRecord(error: unknown): Record<string, unknown> {
  return typeof error === "object" && error !== null ? (error as Record<string, unknown>) : {};
}

function firstText(...values: readonly unknown[]): string | undefined {
  return values.find((value): value is string => typeof value === "string" && value !== "");
}
