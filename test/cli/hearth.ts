// Runs the client's own code in this process, with streams that are kept, against the hearthd that was built.
import { run } from "../../src/cli/run.js";
import { HEARTHD } from "../support/daemon.js";

export interface Ran {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
  /** What --json printed. */
  json<T = Record<string, unknown>>(): T;
}

export interface RunOptions {
  readonly cwd?: string;
  readonly env?: Readonly<Record<string, string>>;
  /** A terminal this wide instead of a pipe. */
  readonly columns?: number;
  readonly program?: string;
  /** Called with all of stdout whenever there is more. */
  readonly onStdout?: (text: string) => void;
}

/** One command line. */
export async function hearth(argv: readonly string[], options: RunOptions = {}): Promise<Ran> {
  const { cwd = "/", env = {}, columns, program = HEARTHD, onStdout = () => {} } = options;
  const texts = { stdout: "", stderr: "" };
  const stream = (name: "stdout" | "stderr") => ({
    write: (text: string) => {
      texts[name] += text;
      if (name === "stdout") onStdout(texts.stdout);
    },
    ...(columns === undefined ? {} : { isTTY: true, columns }),
  });
  const surroundings = { env: { ...process.env, ...env }, cwd, program };
  const code = await run(argv, { ...surroundings, stdout: stream("stdout"), stderr: stream("stderr") });
  return { code, ...texts, json: () => JSON.parse(texts.stdout) };
}
