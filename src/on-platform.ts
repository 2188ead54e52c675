// The one place that asks which system this is: whatever differs is in a file for each, and is chosen here.

/** One way for each kind of system; `other` is macOS, the BSDs and the like. */
export interface Choices<T> {
  readonly linux: T;
  readonly windows: T;
  readonly other: T;
}

export function onPlatform<T>({ linux, windows, other }: Choices<T>): T {
  if (process.platform === "linux") return linux;
  return process.platform === "win32" ? windows : other;
}
