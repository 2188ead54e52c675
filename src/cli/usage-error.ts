// A command line that means nothing: exit code 2.
import type { Hint } from "../../protocol/hint.js";

/** Thrown while arguments are read, before anything is done. */
export class UsageError extends Error {
  override readonly name = "UsageError";
  readonly kind = "usage";
  constructor(
    message: string,
    /** The command that helps. */
    readonly hint: Hint,
  ) {
    super(message);
  }
}
