// What may be done to files that are open, which differs between systems.

export interface OpenFiles {
  /** Puts a file in the place of one that this process has open; it is let go of first where it has to be. */
  replaceOwn(replacement: Replacement): void;
  /** Puts a file in the place of one that others may be reading. */
  replace(from: string, to: string): Promise<void>;
  /** Cuts a file that is open for appending. */
  truncate(file: { readonly fd: number; readonly path: string }, bytes: number): void;
}

export interface Replacement {
  readonly from: string;
  readonly to: string;
  /** Closes the file that is to be replaced. */
  letGo(): void;
  /** Opens it again, since it stays after all. */
  takeUp(): void;
}
