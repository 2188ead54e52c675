// What following a log promises: every line once and in order, as it is written, whatever happens to the file.
import { spawn } from "node:child_process";
import { once } from "node:events";
import {
  appendFileSync,
  closeSync,
  existsSync,
  openSync,
  renameSync,
  truncateSync,
  unlinkSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { describe, expect } from "vitest";
import { Log } from "../../src/logs/log.js";
import { scratchTest } from "../storage/scratch.js";
import { followLog } from "./follow-log.js";

/** Follows into `lines`; `until` resolves when there are that many, `end` calls it off and resolves with all of them. */
function follower(path: string, { lines: tailLines = 1000 } = {}) {
  const controller = new AbortController();
  const lines: string[] = [];
  const waiting: { readonly count: number; readonly resolve: () => void }[] = [];
  const running = (async () => {
    for await (const batch of followLog(new Log(path), { lines: tailLines, signal: controller.signal })) {
      lines.push(...batch);
      for (const { count, resolve } of waiting) if (lines.length >= count) resolve();
    }
    return lines;
  })();
  const end = () => {
    controller.abort();
    return running;
  };
  const until = (count: number) =>
    lines.length >= count
      ? Promise.resolve()
      : Promise.race([new Promise<void>((resolve) => waiting.push({ count, resolve })), running.then(() => {})]);
  return { lines, until, end };
}

type Follower = ReturnType<typeof follower>;

const test = scratchTest.extend<{ follow: (path: string, options?: { lines: number }) => Follower }>({
  // It asks for the directory so that everybody has stopped following before the directory goes.
  follow: async ({ directory: _ }, use) => {
    const followers: Follower[] = [];
    await use((path, options) => {
      const following = follower(path, options);
      followers.push(following);
      return following;
    });
    await Promise.all(followers.map(({ end }) => end()));
  },
});

describe("following", () => {
  test("begins where the log ended when it was asked for, however late it is read", async ({ directory }) => {
    const path = join(directory, "a.log");
    writeFileSync(path, "one\ntwo\nha");
    const log = new Log(path);
    const end = new AbortController();
    const asked = await log.take(async () => {
      const following = log.follow({ lines: 2, signal: end.signal });
      appendFileSync(path, "lf\nthree\n".repeat(2));
      end.abort();
      return { following };
    });
    const { last, rest } = await asked.following;
    expect(last.lines).toEqual(["two"]);
    const written: string[] = [];
    for await (const { lines } of rest) written.push(...lines);
    expect(written).toEqual(["half", "three", "lf", "three"]);
  });

  test("gives the last lines that are there, then what comes", async ({ directory, follow }) => {
    const path = join(directory, "a.log");
    writeFileSync(path, "old\none\n");
    const { lines, until } = follow(path, { lines: 1 });
    await until(1);
    appendFileSync(path, "two\nthr");
    await until(2);
    appendFileSync(path, "ee\n");
    await until(3);
    expect(lines).toEqual(["one", "two", "three"]);
  });

  test("gives every line of a process that writes while it is followed, once and in order", async ({
    directory,
    follow,
  }) => {
    const path = join(directory, "a.log");
    const log = openSync(path, "a");
    const { lines, until } = follow(path);
    const script = `for (let n = 0; n < 20000; n++) require("fs").writeSync(1, n % 3 ? n + "é漢🦔\\n" : n + "\\n")`;
    const child = spawn(process.execPath, ["-e", script], { stdio: ["ignore", log, "inherit"] });
    closeSync(log);
    await once(child, "close");
    await until(20_000);
    expect(lines).toEqual(Array.from({ length: 20_000 }, (_, n) => (n % 3 ? `${n}é漢🦔` : `${n}`)));
  });

  test("holds an unfinished line, and gives it when the following ends", async ({ directory, follow }) => {
    const path = join(directory, "a.log");
    writeFileSync(path, "");
    const { lines, until, end } = follow(path);
    appendFileSync(path, "one\nunfin");
    await until(1);
    expect(lines).toEqual(["one"]);
    appendFileSync(path, "ished");
    expect(await end()).toEqual(["one", "unfinished"]);
  });

  test("goes on in the next file after a rotation, the end of the old one first", async ({ directory, follow }) => {
    const path = join(directory, "a.log");
    writeFileSync(path, "one\n");
    const { lines, until } = follow(path);
    await until(1);
    appendFileSync(path, "two\nunfinished");
    renameSync(path, `${path}.1`);
    appendFileSync(`${path}.1`, " at rotation");
    writeFileSync(path, "three\n");
    await until(4);
    appendFileSync(path, "four\n");
    await until(5);
    expect(lines).toEqual(["one", "two", "unfinished at rotation", "three", "four"]);
  });

  test("survives rotation after rotation", async ({ directory, follow }) => {
    const path = join(directory, "a.log");
    writeFileSync(path, "0\n");
    const { lines, until } = follow(path);
    for (let n = 1; n <= 50; n += 1) {
      await until(n);
      renameSync(path, `${path}.1`);
      // Every other time the path is empty for a while.
      if (n % 2 === 0) await new Promise((resolve) => setImmediate(resolve));
      writeFileSync(path, `${n}\n`);
    }
    await until(51);
    expect(lines).toEqual(Array.from({ length: 51 }, (_, n) => `${n}`));
  });

  test("begins anew when the file is emptied", async ({ directory, follow }) => {
    const path = join(directory, "a.log");
    writeFileSync(path, "a long first line\n");
    const { lines, until } = follow(path);
    await until(1);
    truncateSync(path, 0);
    appendFileSync(path, "second\n");
    await until(2);
    expect(lines).toEqual(["a long first line", "second"]);
  });

  test("waits for a file that is not there yet, or not any more", async ({ directory, follow }) => {
    const path = join(directory, "a.log");
    const { lines, until } = follow(path);
    writeFileSync(join(directory, "another.log"), "no\n");
    writeFileSync(path, "one\n");
    await until(1);
    unlinkSync(path);
    writeFileSync(join(directory, "another.log"), "no\n");
    writeFileSync(path, "two\n");
    await until(2);
    expect(lines).toEqual(["one", "two"]);
  });

  test("goes through every file that was renamed away between two looks", async ({ directory, follow }) => {
    const path = join(directory, "a.log");
    writeFileSync(`${path}.2`, "older than the following\n");
    writeFileSync(path, "0\n");
    const { lines, until } = follow(path, { lines: 1 });
    await until(1);
    appendFileSync(path, "1\nunfinished");
    for (const next of ["2\n", "", "3\n4\n", "5\n"]) {
      for (const number of [5, 4, 3, 2, 1]) {
        if (existsSync(`${path}.${number}`)) renameSync(`${path}.${number}`, `${path}.${number + 1}`);
      }
      renameSync(path, `${path}.1`);
      writeFileSync(path, next);
    }
    await until(7);
    appendFileSync(path, "6\n");
    await until(8);
    expect(lines).toEqual(["0", "1", "unfinished", "2", "3", "4", "5", "6"]);
  });

  test("puts a line together whose beginning stood in the tail", async ({ directory, follow }) => {
    const path = join(directory, "a.log");
    writeFileSync(path, Buffer.from("one\ntwo\nthré").subarray(0, -1));
    const { lines, until } = follow(path);
    await until(2);
    appendFileSync(path, Buffer.concat([Buffer.from("é").subarray(1), Buffer.from("e\nfour\n")]));
    await until(4);
    expect(lines).toEqual(["one", "two", "thrée", "four"]);
  });

  test("leaves no watcher behind, called off or broken out of", async ({ directory, follow }) => {
    const path = join(directory, "a.log");
    writeFileSync(path, "one\n");
    const watchers = () => process.getActiveResourcesInfo().filter((name) => name === "FSEventWrap").length;
    const { until, end } = follow(path);
    await until(1);
    expect(watchers()).toBe(1);
    await end();
    const { signal } = new AbortController();
    for await (const _ of followLog(new Log(path), { lines: 1, signal })) break;
    expect(watchers()).toBe(0);
  });

  test("a directory that is not there is an error, not a wait", async ({ directory }) => {
    const signal = new AbortController().signal;
    const lines = followLog(new Log(join(directory, "none", "a.log")), { lines: 1, signal });
    await expect(lines.next()).rejects.toThrow("ENOENT");
  });
});

describe("waitForText", () => {
  const signal = () => new AbortController().signal;

  test("finds what is there already, after the offset only", async ({ directory }) => {
    const path = join(directory, "a.log");
    writeFileSync(path, "listening on 1\n");
    await new Log(path).waitForText({ fromByte: 0, text: "listening", signal: signal() });
    const controller = new AbortController();
    const later = new Log(path).waitForText({ fromByte: 15, text: "listening", signal: controller.signal });
    const settled = later.then(
      () => "found",
      (reason) => reason,
    );
    appendFileSync(path, "not yet\n");
    controller.abort("called off");
    expect(await settled).toBe("called off");
  });

  test("finds a text without a newline, written in pieces", async ({ directory }) => {
    const path = join(directory, "a.log");
    const log = openSync(path, "a");
    const script = `
      const write = (piece) => new Promise((resolve) => setTimeout(() => resolve(require("fs").writeSync(1, piece)), 5));
      (async () => { for (const byte of Buffer.from("gateway: prêt 🦔")) await write(Buffer.from([byte])); })();`;
    const child = spawn(process.execPath, ["-e", script], { stdio: ["ignore", log, "inherit"] });
    closeSync(log);
    const closed = once(child, "close");
    await new Log(path).waitForText({ fromByte: 0, text: "prêt 🦔", signal: signal() });
    await closed;
  });

  test("finds a text across the border of two reads", async ({ directory }) => {
    const path = join(directory, "a.log");
    writeFileSync(path, `${"x".repeat(64 * 1024 - 3)}ready now${"x".repeat(100_000)}`);
    await new Log(path).waitForText({ fromByte: 0, text: "ready now", signal: signal() });
  });

  test("does not put a text together from two files", async ({ directory, follow }) => {
    const path = join(directory, "a.log");
    writeFileSync(path, "rea");
    const controller = new AbortController();
    const found = new Log(path).waitForText({ fromByte: 0, text: "ready", signal: controller.signal }).then(
      () => "found",
      (reason) => reason,
    );
    // Another follower tells when the rotation has been seen.
    const { until } = follow(path);
    renameSync(path, `${path}.1`);
    writeFileSync(path, "dy\n");
    await until(1);
    controller.abort("called off");
    expect(await found).toBe("called off");
  });

  test("rejects at once when it is already called off", async ({ directory }) => {
    const path = join(directory, "a.log");
    writeFileSync(path, "ready");
    const called = new Log(path).waitForText({ fromByte: 0, text: "ready", signal: AbortSignal.abort("too late") });
    await expect(called).rejects.toBe("too late");
  });
});
