// Makes a named pipe that one process alone can use as its standard input while others write to it.
import { execFile } from "node:child_process";
import { promisify } from "node:util";

const run = promisify(execFile);

/** Rejects with what mkfifo(1) says. */
export async function makeFifo(file: string): Promise<void> {
  await run("mkfifo", ["-m", "600", file]);
}
