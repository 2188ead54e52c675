import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { until } from "./sandbox.js";
import { poke, type StartedInTmux, TmuxSandbox } from "./tmux-sandbox.js";

let sandbox: TmuxSandbox;
beforeEach(() => {
  sandbox = new TmuxSandbox();
});
afterEach(() => sandbox.dispose());

/** Asks for bracketed pastes, shows what is typed behind a prompt, and logs each line it is given as JSON. */
const READER = `
const { appendFileSync } = require("node:fs");
const [, , mode] = process.argv;
let line = "", entered = 0, held = "";
const show = () => process.stdout.write("\\r\\x1b[K> " + (line.length > 60 ? "[Pasted text]" : line.replaceAll("\\r", " ")));
process.stdin.setRawMode(true);
process.stdout.write("\\x1b[?2004h");
process.stdin.on("data", (bytes) => {
  const text = held + bytes.toString();
  // A terminal may hand over a long paste in pieces.
  held = text.startsWith("\\x1b[200~") && !text.includes("\\x1b[201~") ? text : "";
  if (held !== "") return;
  const paste = /\\x1b\\[200~([^]*)\\x1b\\[201~/.exec(text);
  if (paste) line += paste[1];
  else if (text !== "\\r") line += text;
  else if (mode === "deaf" || (mode === "once-deaf" && entered++ === 0)) return;
  else { appendFileSync("received", JSON.stringify(line) + "\\n"); line = ""; process.stdout.write("\\r\\n"); }
  appendFileSync("keys", JSON.stringify(text) + "\\n");
  show();
});
show();
if (mode === "hung") setTimeout(() => Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0), 0);
`;

async function reader(mode = ""): Promise<StartedInTmux> {
  writeFileSync(join(sandbox.home, "reader.cjs"), READER);
  const started = await sandbox.start(["node", "reader.cjs", mode]);
  await sandbox.logged("> ");
  return started;
}

function received(): string[] {
  const lines = sandbox.file("received").trim().split("\n");
  return lines.filter((line) => line !== "").map((line) => JSON.parse(line) as string);
}

async function shell(): Promise<StartedInTmux> {
  const started = await sandbox.start(["bash", "--norc", "--noprofile"]);
  await sandbox.logged("$ ");
  return started;
}

describe("a poke", () => {
  it("is typed and entered into a shell", async () => {
    const started = await shell();
    expect(await poke(started, "echo $((6 * 7)) > answer")).toEqual({ delivered: true });
    await until(() => sandbox.file("answer") === "42\n", "the answer");
    await sandbox.end(started);
  });

  it("reaches a program that reads lines, with quotes, formats and letters of all kinds", async () => {
    const started = await sandbox.start(["sh", "-c", "exec cat >received"]);
    const message = 'it\'s "$HOME" #{pid} %H `x` \\; é 漢字 🙂;';
    expect(await poke(started, message)).toEqual({ delivered: true });
    await until(() => sandbox.file("received") === `${message}\n`, "the message");
    await sandbox.end(started);
  });

  it("of several lines arrives as one paste", async () => {
    const started = await reader();
    expect(await poke(started, "first\n\tsecond\nthird")).toEqual({ delivered: true });
    expect(received()).toEqual(["first\r\tsecond\rthird"]);
    await sandbox.end(started);
  });

  it("is seen to be taken by a program that shows something else in its place", async () => {
    const started = await reader();
    const message = "x".repeat(4_000);
    expect(await poke(started, message)).toEqual({ delivered: true });
    expect(received()).toEqual([message]);
    await sandbox.end(started);
  });

  it("whose first Enter is lost gets a second one", async () => {
    const started = await reader("once-deaf");
    expect(await poke(started, "check your hook")).toEqual({ delivered: true });
    expect(received()).toEqual(["check your hook"]);
    await sandbox.end(started);
  });

  it("that stays on the input line is not delivered", async () => {
    const started = await reader("deaf");
    const detail = "the message still stands on the input line after two Enters";
    expect(await poke(started, "check your hook")).toEqual({ delivered: false, detail });
    expect(received()).toEqual([]);
    await sandbox.end(started);
  });

  it("that a hung program never shows is not delivered", async () => {
    const started = await reader("hung");
    const detail = "the terminal showed neither the message nor an answer to Enter";
    expect(await poke(started, "hello")).toEqual({ delivered: false, detail });
    await sandbox.end(started);
  });

  it("never sends anything but one paste and Enter", async () => {
    const started = await reader();
    await poke(started, "hello");
    // Noted after the message.
    await until(() => sandbox.file("keys").endsWith('"\\r"\n'), "Enter");
    expect(sandbox.file("keys")).toBe(`${JSON.stringify("\u001b[200~hello\u001b[201~")}\n"\\r"\n`);
    await sandbox.end(started);
  });

  it("follows the one before it, so that each is a message of its own", async () => {
    const started = await reader();
    const outcomes = await Promise.all([poke(started, "one"), poke(started, "two")]);
    expect([outcomes, received()]).toEqual([
      [{ delivered: true }, { delivered: true }],
      ["one", "two"],
    ]);
    await sandbox.end(started);
  });

  it("reaches exactly the agent it is meant for", async () => {
    const mayor = await sandbox.start(["cat"], { agent: "mayor" });
    const may = await sandbox.start(["cat"], { agent: "may" });
    expect(await poke(may, "for may")).toEqual({ delivered: true });
    await sandbox.logged("for may", "may");
    expect(sandbox.log("mayor")).toBe("");
    await sandbox.end(may);
    expect(await poke(may, "too late")).toMatchObject({ delivered: false });
    expect(sandbox.log("mayor")).toBe("");
    await sandbox.end(mayor);
  });

  it("reaches the agent's pane, whichever is active", async () => {
    const started = await sandbox.start(["cat"]);
    sandbox.tmux("split-window", "-t", "=town/mayor:", "sleep 60");
    expect(await poke(started, "hello")).toEqual({ delivered: true });
    await sandbox.logged("hello\nhello\n");
    await sandbox.end(started);
  });

  it.each(["\u001b[201~rm -rf x\r", "a\u001bb", "\u0003", "a\rb", "a\u0000b", "\u009b201~", "\u007f"])(
    "with control characters is refused: %j",
    async (message) => {
      const started = await sandbox.start(["cat"]);
      const detail = "the message has control characters other than tab and newline";
      expect(await poke(started, message)).toEqual({ delivered: false, detail });
      expect(sandbox.log()).toBe("");
      await sandbox.end(started);
    },
  );

  it("that was called off sends nothing, even when tmux does not answer", async () => {
    const started = await sandbox.start(["cat"]);
    const server = sandbox.serverPid();
    process.kill(server, "SIGSTOP");
    const reason = new Error("the time is up");
    const abort = new AbortController();
    const poked = started.session.poke("hello", { signal: abort.signal });
    setImmediate(() => abort.abort(reason));
    await expect(poked).rejects.toBe(reason);
    process.kill(server, "SIGCONT");
    expect(await poke(started, "later")).toEqual({ delivered: true });
    expect(sandbox.log()).not.toContain("hello");
    await sandbox.end(started);
  });
});

describe("a poke while somebody looks at the pane", () => {
  it("waits for what is half typed, and is delivered once it is entered", async () => {
    const started = await shell();
    const type = await sandbox.attach("town/mayor");
    type("echo half");
    await sandbox.shows(started, "$ echo half");
    const detail = "somebody is attached and the input line is not empty";
    expect(await poke(started, "echo poked")).toEqual({ delivered: false, detail });
    type(" and half\r");
    await sandbox.shows(started, "\nhalf and half");
    expect(await poke(started, "echo poked")).toEqual({ delivered: true });
    await sandbox.shows(started, "\npoked");
    await sandbox.end(started);
  });

  it("waits while it is in copy mode", async () => {
    const started = await shell();
    await sandbox.attach("town/mayor");
    sandbox.tmux("copy-mode", "-t", "=town/mayor:");
    const detail = "somebody who is attached has the pane in copy mode";
    expect(await poke(started, "echo poked")).toEqual({ delivered: false, detail });
    sandbox.tmux("copy-mode", "-q", "-t", "=town/mayor:");
    expect(await poke(started, "echo poked")).toEqual({ delivered: true });
    await sandbox.end(started);
  });

  it("leaves a copy mode that nobody is in any more", async () => {
    const started = await shell();
    sandbox.tmux("copy-mode", "-t", "=town/mayor:");
    expect(await poke(started, "echo poked")).toEqual({ delivered: true });
    await sandbox.shows(started, "\npoked");
    await sandbox.end(started);
  });

  it("says that the pane's input is turned off", async () => {
    const started = await shell();
    sandbox.tmux("select-pane", "-d", "-t", "=town/mayor:");
    expect(await poke(started, "hello")).toEqual({ delivered: false, detail: "the pane's input is turned off" });
    await sandbox.end(started);
  });
});

describe("a poke that cannot arrive", () => {
  it("says that the session has ended", async () => {
    const started = await sandbox.script("exit 0");
    await started.told.hasExited();
    expect(await poke(started, "hello")).toEqual({ delivered: false, detail: "the session has ended" });
    await sandbox.kind.clearMark("town/mayor", started.incarnation);
  });

  it("says what tmux says", async () => {
    const started = await sandbox.start(["cat"]);
    await poke(started, "hello");
    await sandbox.end(started);
    const { delivered, detail } = await poke(started, "hello");
    expect([delivered, detail]).toEqual([
      false,
      // One that is about to end accepts connections for a moment, and answers nobody, or knows of no pane.
      expect.stringMatching(
        /^tmux display-message: (no server running on \/|server exited unexpectedly|no current target|can't find pane)/,
      ),
    ]);
  });
});

describe("a capture", () => {
  it("shows the last lines, those that scrolled away too", async () => {
    const started = await sandbox.script("seq 1 200; echo 'é 漢字'; exec sleep 60");
    await sandbox.logged("漢字");
    expect(await started.session.capture({ lines: 3 })).toEqual(["199", "200", "é 漢字"]);
    expect(await started.session.capture({ lines: 150 })).toHaveLength(150);
    await sandbox.end(started);
  });

  it("of a session that is gone is an error", async () => {
    const started = await sandbox.script("exit 0");
    await started.told.hasExited();
    await sandbox.kind.clearMark("town/mayor", started.incarnation);
    await expect(started.session.capture({ lines: 3 })).rejects.toThrow("the session has ended");
  });
});
