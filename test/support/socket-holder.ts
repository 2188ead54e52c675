// Stands in for a service manager: listens on a daemon's socket, and starts the daemon whenever somebody waits there.
//
// As systemd does it (and unlike systemd-socket-activate, which becomes the daemon and so can start it only once), it keeps
// the listening socket while daemons come and go.
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { statSync } from "node:fs";
import { join } from "node:path";
import { afterEach } from "vitest";
import { HEARTHD } from "./daemon.js";
import { eventually, within } from "./deadline.js";

/** sd_listen_fds(3) in Python: prints a line for each start and each end. `argv`: the socket, then the command. */
const HOLDER = `
import os, select, signal, socket, sys
listener = socket.socket(socket.AF_UNIX)
os.umask(0o177)
listener.bind(sys.argv[1])
listener.listen(64)
print("listening", flush=True)
child = 0
def leave(*_):
    if child:
        os.kill(child, signal.SIGTERM)
        os.waitpid(child, 0)
    sys.exit()
signal.signal(signal.SIGTERM, leave)
while True:
    select.select([listener], [], [])
    child = os.fork()
    if child == 0:
        os.umask(0o022)
        os.dup2(listener.fileno(), 3)
        os.set_inheritable(3, True)
        os.environ.update(LISTEN_FDS="1", LISTEN_FDNAMES="hearthd.socket", LISTEN_PID=str(os.getpid()))
        os.execv(sys.argv[2], sys.argv[2:])
    print("started", child, flush=True)
    _, status = os.waitpid(child, 0)
    child = 0
    print("ended", os.waitstatus_to_exitcode(status), flush=True)
`;

const holders: SocketHolder[] = [];

// Runs before the fixture of daemons looks for processes that were left behind.
afterEach(() => Promise.all(holders.splice(0).map((holder) => holder.end())));

export class SocketHolder {
  readonly socket: string;
  readonly #process: ChildProcess;
  #printed = "";

  /** Listens on the home's socket; it ends with the test. */
  static async hold(home: string): Promise<SocketHolder> {
    const holder = new SocketHolder(home);
    holders.push(holder);
    await eventually(() => holder.#printed.includes("listening"), "the holder listens");
    return holder;
  }

  private constructor(home: string) {
    this.socket = join(home, "daemon.sock");
    const command = [process.execPath, HEARTHD, "--home", home];
    this.#process = spawn("python3", ["-c", HOLDER, this.socket, ...command], {
      env: { ...process.env, HEARTH_HOME: home },
      stdio: ["ignore", "pipe", "ignore"],
    });
    this.#process.stdout?.setEncoding("utf8").on("data", (text: string) => {
      this.#printed += text;
    });
  }

  /** The daemons it has said to have started; it says so at its own pace, perhaps after the daemon serves. */
  get started(): number[] {
    return [...this.#printed.matchAll(/^started (\d+)$/gm)].map(([, pid]) => Number(pid));
  }

  /** How they ended: an exit code, or minus the number of a signal. */
  get ended(): number[] {
    return [...this.#printed.matchAll(/^ended (-?\d+)$/gm)].map(([, code]) => Number(code));
  }

  /** The latest daemon it has started, once it has said so of that many. */
  latest(count: number): Promise<number> {
    return eventually(() => this.started[count - 1], `the holder tells of ${count} daemons`);
  }

  /** Which file the socket's name leads to; undefined when it is gone. */
  get inode(): number | undefined {
    return statSync(this.socket, { throwIfNoEntry: false })?.ino;
  }

  /** Ends it, and a daemon that it has started. */
  async end(): Promise<void> {
    const ended = once(this.#process, "exit");
    this.#process.kill();
    await within(ended, () => "the holder ends");
  }
}
