// Why a log that is written to could not be rotated.

const HINTS = {
  "still-written": "end what writes to the log and is no part of the agent's session",
  outrun: "let the agent write less, or raise log_max_size",
  emptied: "leave it to the daemon to rotate agents' logs",
} as const;

/** The log was left as it is, and may be rotated another time. */
export class RotationError extends Error {
  override readonly name = "RotationError";
  /** What helps. */
  readonly hint: string;

  constructor(
    /** `still-written`: not all who write to it were held still; `outrun`: they were faster; `emptied`: somebody else cut it. */
    readonly kind: keyof typeof HINTS,
    message: string,
  ) {
    super(message);
    this.hint = HINTS[kind];
  }
}
