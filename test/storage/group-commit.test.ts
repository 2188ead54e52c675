// What group commit promises: nobody's record is missed by the commit that answers for it, and commits are few.
import { expect, test } from "vitest";
import { GroupCommit } from "../../src/storage/group-commit.js";

/** Commits that end when told to; `underWay` is the one that has begun. */
function controlled() {
  const log: string[] = [];
  const ends: ((outcome?: Error) => void)[] = [];
  const commits = new GroupCommit(
    () =>
      new Promise((resolve, reject) => {
        log.push(`commit ${ends.length + 1}`);
        ends.push((error) => (error === undefined ? resolve() : reject(error)));
      }),
  );
  const begun = async (count: number) => {
    while (ends.length < count) await new Promise((resolve) => setImmediate(resolve));
  };
  return { log, ends, commits, begun };
}

test("those who join before a commit starts share it, those who come during it share the next", async () => {
  const { log, ends, commits, begun } = controlled();
  const early = Array.from({ length: 64 }, () => commits.join());
  await begun(1);
  const late = Array.from({ length: 64 }, () => commits.join());
  ends[0]?.();
  await Promise.all(early);
  await begun(2);
  ends[1]?.();
  await Promise.all(late);
  expect(log).toEqual(["commit 1", "commit 2"]);
});

test("a commit that fails fails only for those who shared it", async () => {
  const { ends, commits, begun } = controlled();
  const early = commits.join();
  await begun(1);
  const late = commits.join();
  ends[0]?.(new Error("EIO"));
  await expect(early).rejects.toThrow("EIO");
  await begun(2);
  ends[1]?.();
  await expect(late).resolves.toBeUndefined();
});

test("a step between commits never runs beside one", async () => {
  const { log, ends, commits, begun } = controlled();
  const first = commits.join();
  await begun(1);
  const step = commits.between(async () => {
    log.push("step begins");
    await new Promise((resolve) => setImmediate(resolve));
    log.push("step ends");
  });
  const second = commits.join();
  ends[0]?.();
  await Promise.all([first, step]);
  await begun(2);
  ends[1]?.();
  await second;
  expect(log).toEqual(["commit 1", "step begins", "step ends", "commit 2"]);
});
