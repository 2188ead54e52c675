// The first argument with which a shell's script asks what to offer; no help shows it.

export const QUESTION = "__complete";
