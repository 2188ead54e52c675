// What somebody else owns, can write or could have planted is refused, with the reason and the way out.

import {
  chmodSync,
  chownSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  realpathSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { TrustErrorKind } from "../src/client-error.js";
import { prepareHome, prepareRuntimeDirectory } from "../src/daemon/private-directories.js";
import {
  assertPrivateDirectory,
  assertTrustedDiscovery,
  assertTrustedHome,
  type Caller,
  othersCanWrite,
} from "../src/trust.js";

function ownCaller(): Caller {
  return { uid: process.geteuid?.() ?? 0, gid: process.getegid?.() ?? 0 };
}

const self = ownCaller();
const isRoot = self.uid === 0;

/** Root gives things away; everybody else, who may not, looks at their own things through the eyes of another. */
const STRANGER = 54_321;
const me: Caller = isRoot ? self : { uid: STRANGER + 1, gid: STRANGER + 1 };

let top: string;

beforeEach(() => {
  top = realpathSync(mkdtempSync(join(tmpdir(), "hearth-trust-")));
});
afterEach(() => rmSync(top, { recursive: true }));

function makeDirectory(name: string, mode = 0o700): string {
  const path = join(top, name);
  mkdirSync(path, { recursive: true });
  chmodSync(path, mode);
  return path;
}

function makeFile(name: string, mode = 0o600): string {
  const path = join(top, name);
  writeFileSync(path, "");
  chmodSync(path, mode);
  return path;
}

/** Makes a path belong to somebody else than the caller that is returned. */
function giveAway(path: string): Caller {
  if (isRoot) chownSync(path, STRANGER, STRANGER);
  return me;
}

function refusal(reason: TrustErrorKind, path: string): unknown {
  return expect.objectContaining({ name: "TrustError", kind: reason, path, hint: expect.stringMatching(/./) });
}

describe("a home or socket directory", () => {
  test("of one's own, closed to others, passes", () => {
    assertPrivateDirectory(makeDirectory("home", 0o755), self);
  });

  test("that does not exist yet passes", () => {
    assertPrivateDirectory(join(top, "none"), self);
  });

  test("that another user owns is refused", () => {
    const home = makeDirectory("home");
    const caller = giveAway(home);
    expect(() => assertPrivateDirectory(home, caller)).toThrow(refusal("another-owner", home));
  });

  test.each([0o770, 0o707, 0o1777])(
    "of mode %o, which others can write, is refused with the command that helps",
    (mode) => {
      const home = makeDirectory("home", mode);
      expect(() => assertPrivateDirectory(home, self)).toThrow(refusal("writable-by-others", home));
      expect(() => assertPrivateDirectory(home, self)).toThrow(
        expect.objectContaining({ hint: `run: chmod go-w '${home}', then \`hearth doctor\`` }),
      );
    },
  );

  test("is judged by what a link points to", () => {
    makeDirectory("open", 0o777);
    symlinkSync(join(top, "open"), join(top, "link"));
    expect(() => assertPrivateDirectory(join(top, "link"), self)).toThrow(
      expect.objectContaining({ kind: "writable-by-others" }),
    );
  });

  test("that is a file is refused", () => {
    const file = makeFile("home");
    expect(() => assertPrivateDirectory(file, self)).toThrow(refusal("not-a-directory", file));
  });
});

describe("a discovered hearth.toml", () => {
  test("of one's own, in directories of one's own below a sticky one, passes", () => {
    makeDirectory("sticky", 0o1777);
    makeDirectory("sticky/project", 0o755);
    assertTrustedDiscovery(makeFile("sticky/project/hearth.toml", 0o644), self);
  });

  test("that another user planted in a sticky directory is refused", () => {
    makeDirectory("sticky", 0o1777);
    const planted = makeFile("sticky/hearth.toml");
    const caller = giveAway(planted);
    expect(() => assertTrustedDiscovery(planted, caller)).toThrow(refusal("another-owner", planted));
  });

  test("that others can write is refused", () => {
    const file = makeFile("hearth.toml", 0o666);
    expect(() => assertTrustedDiscovery(file, self)).toThrow(refusal("writable-by-others", file));
  });

  test("below a directory that others can write is refused, however far above", () => {
    const open = makeDirectory("open", 0o777);
    makeDirectory("open/a/b");
    const file = makeFile("open/a/b/hearth.toml");
    expect(() => assertTrustedDiscovery(file, self)).toThrow(refusal("writable-by-others", open));
  });

  test("in a directory of another user's is refused, even before it is written", () => {
    const project = makeDirectory("project");
    const caller = giveAway(project);
    const file = join(project, "hearth.toml");
    expect(() => assertTrustedDiscovery(file, caller)).toThrow(refusal("another-owner", project));
  });

  test("in a directory of root's passes", () => {
    const file = makeFile("hearth.toml");
    // Whoever runs the tests, the directories above the temporary one are root's.
    if (isRoot) chownSync(file, STRANGER, STRANGER);
    assertTrustedDiscovery(file, isRoot ? { uid: STRANGER, gid: STRANGER } : self);
  });

  test("that is a link is judged by the link's place as well as by the target's", () => {
    const open = makeDirectory("open", 0o777);
    makeDirectory("closed");
    makeFile("closed/hearth.toml");
    makeFile("open/hearth.toml");
    symlinkSync(join(top, "closed/hearth.toml"), join(open, "in"));
    symlinkSync(join(top, "open/hearth.toml"), join(top, "closed/out"));
    for (const link of [join(open, "in"), join(top, "closed/out")]) {
      expect(() => assertTrustedDiscovery(link, self)).toThrow(refusal("writable-by-others", open));
    }
  });

  test("that is a chain of one's own links passes", () => {
    makeFile("hearth.toml");
    symlinkSync("hearth.toml", join(top, "second"));
    symlinkSync("second", join(top, "first"));
    assertTrustedDiscovery(join(top, "first"), self);
  });

  test("that is a loop of links is looked at once", () => {
    symlinkSync("b", join(top, "a"));
    symlinkSync("a", join(top, "b"));
    assertTrustedDiscovery(join(top, "a"), self);
  });
});

describe("the right to write counts as others'", () => {
  const user: Caller = { uid: 1000, gid: 1000 };

  test.each([
    ["a stranger's", 0o702, 1000, user, true],
    ["another group's", 0o720, 1001, user, true],
    ["a shared primary group's", 0o720, 100, { uid: 1000, gid: 100 }, true],
    ["root's group's", 0o720, 0, { uid: 0, gid: 0 }, true],
    ["a user private group's", 0o720, 1000, user, false],
    ["a stranger's beside a user private group's", 0o722, 1000, user, true],
    ["nobody's", 0o755, 1001, user, false],
  ])("or not: %s, mode %o", (_, mode, gid, caller, expected) => {
    expect(othersCanWrite({ mode, gid }, caller)).toBe(expected);
  });
});

describe("a home that was found", () => {
  test("is refused for the planted hearth.toml that led to it", () => {
    makeDirectory("sticky", 0o1777);
    const planted = makeFile("sticky/hearth.toml");
    const caller = giveAway(planted);
    const location = { home: join(top, "sticky/.hearth"), origin: "project" } as const;
    expect(() => assertTrustedHome(location, caller)).toThrow(refusal("another-owner", planted));
  });

  test("is refused below a directory that others can write, even before it exists", () => {
    const open = makeDirectory("open", 0o777);
    const location = { home: join(open, ".hearth"), origin: "user" } as const;
    expect(() => assertTrustedHome(location, self)).toThrow(refusal("writable-by-others", open));
  });

  test("is refused when others can write it, though it was named", () => {
    const home = makeDirectory("home", 0o777);
    expect(() => assertTrustedHome({ home, origin: "environment" }, self)).toThrow(refusal("writable-by-others", home));
  });

  test("passes below a directory that others can write when it was named", () => {
    makeDirectory("open", 0o777);
    const home = makeDirectory("open/home");
    assertTrustedHome({ home, origin: "explicit" }, self);
  });
});

describe("preparing a home", () => {
  const directories = [".", "logs", "logs/agents", "run", "run/started", "handoffs", "environments"];

  test("makes it and its directories for its owner alone, and returns the real path", () => {
    symlinkSync(makeDirectory("real"), join(top, "link"));
    const real = prepareHome(join(top, "link/deep/home"), self);
    expect(real).toBe(join(top, "real/deep/home"));
    for (const directory of directories) expect(statSync(join(real, directory)).mode & 0o777).toBe(0o700);
  });

  test("lets a project's .hearth ignore itself in git, and leaves a .gitignore that is there alone", () => {
    const home = join(top, ".hearth");
    prepareHome(home, self);
    expect(readFileSync(join(home, ".gitignore"), "utf8")).toBe("*\n");
    writeFileSync(join(home, ".gitignore"), "mine");
    prepareHome(home, self);
    expect(readFileSync(join(home, ".gitignore"), "utf8")).toBe("mine");
  });

  test("writes no .gitignore into a home of another name", () => {
    expect(existsSync(join(prepareHome(join(top, "home"), self), ".gitignore"))).toBe(false);
  });

  test.each(["home", "home/below"])("with a file at %s says so", (name) => {
    makeFile("home");
    expect(() => prepareHome(join(top, name), self)).toThrow(refusal("not-a-directory", join(top, name)));
  });

  test("refuses one that cannot be written", () => {
    const home = makeDirectory("home", 0o500);
    const notWritable = { name: "TrustError", kind: "not-accessible", message: expect.stringContaining(home) };
    expect(() => asOrdinaryUser(() => prepareHome(home, ownCaller()))).toThrow(expect.objectContaining(notWritable));
  });

  test("refuses a directory in it that others can write", () => {
    makeDirectory("home");
    const run = makeDirectory("home/run", 0o777);
    expect(() => prepareHome(join(top, "home"), self)).toThrow(refusal("writable-by-others", run));
  });
});

describe("a runtime directory", () => {
  test("is made for its owner alone", () => {
    const directory = join(top, "hearth-0-abc");
    prepareRuntimeDirectory(directory, self);
    expect(statSync(directory).mode & 0o777).toBe(0o700);
  });

  test("is refused when its name was taken in a place that others can write", () => {
    const open = makeDirectory("open", 0o777);
    makeDirectory("mine");
    symlinkSync(join(top, "mine"), join(open, "hearth-0-abc"));
    expect(() => prepareRuntimeDirectory(join(open, "hearth-0-abc"), self)).toThrow(
      refusal("writable-by-others", open),
    );
  });
});

/** Permissions mean nothing to root, so root steps down; the test's directory goes with it. */
function asOrdinaryUser<T>(action: () => T): T {
  if (!isRoot) return action();
  for (const path of [top, join(top, "home")]) chownSync(path, STRANGER, STRANGER);
  process.seteuid?.(STRANGER);
  try {
    return action();
  } finally {
    process.seteuid?.(0);
  }
}
