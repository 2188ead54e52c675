// A PID namespace of a test's own, as a container has: there a process can be given any number, and nobody else is harmed.
import { type ChildProcessWithoutNullStreams, spawn } from "node:child_process";
import { once } from "node:events";
import { within } from "./deadline.js";

/** Only root may make one. */
export const canContain = process.getuid?.() === 0;

export class Container {
  readonly #shell: ChildProcessWithoutNullStreams;
  #printed = "";
  #look: () => void = () => {};

  /** Gives `work` a container, and ends that with everything in it. */
  static async use(work: (container: Container) => Promise<void>): Promise<void> {
    const container = new Container();
    try {
      await work(container);
    } finally {
      await container.#end();
    }
  }

  // Its first process is a shell: what it starts, and what is orphaned inside, is its own to reap.
  private constructor() {
    const options = ["--pid", "--fork", "--mount-proc", "--kill-child"];
    this.#shell = spawn("unshare", [...options, "/bin/sh"], { stdio: "pipe" });
    this.#shell.stdout.setEncoding("utf8").on("data", (text: string) => this.#print(text));
    this.#shell.stderr.setEncoding("utf8").on("data", (text: string) => this.#print(text));
    // What comes by two pipes may be read in another order than it was written, and complaints after the end they explain.
    this.#shell.stdin.write("exec 2>&1\n");
  }

  /** Runs lines of shell inside and resolves with what they print; rejects when the last one fails. */
  async run(script: string): Promise<string> {
    const printed = new Promise<RegExpExecArray>((resolve) => {
      this.#look = () => {
        const end = /^(.*)--ended with (\d+)--\n$/s.exec(this.#printed);
        if (end !== null) resolve(end);
      };
    });
    this.#printed = "";
    this.#shell.stdin.write(`(\n${script}\n) </dev/null\necho "--ended with $?--"\n`);
    const [, text = "", code] = await within(printed, () => `the end of ${script}; it printed ${this.#printed}`);
    if (code !== "0") throw new Error(`${script}\nended with ${code}: ${text}`);
    return text.trimEnd();
  }

  /** Ends a process and waits until its number is free. */
  async kill(pid: number): Promise<void> {
    await this.run(`kill -KILL ${pid}; while [ -e /proc/${pid} ]; do :; done`);
  }

  /** Runs a command as the process (and the process group) of this number, which must be free. */
  async claim(pid: number, command: string): Promise<void> {
    await this.run(`
      until [ "$claimed" = ${pid} ]; do
        [ -z "$claimed" ] || kill -KILL "$claimed"
        echo ${pid - 1} >/proc/sys/kernel/ns_last_pid
        setsid ${command} >/dev/null 2>&1 &
        claimed=$!
      done`);
  }

  #print(text: string): void {
    this.#printed += text;
    this.#look();
  }

  async #end(): Promise<void> {
    const ended = once(this.#shell, "close");
    this.#shell.stdin.end();
    await within(ended, () => "the container ends");
  }
}
