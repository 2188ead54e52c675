// What restarts an agent by itself: schedules that can be met, files with their patterns, and what is wrong with either.
import { expect, test } from "vitest";
import type { ConfigProblem } from "../../protocol/config-problem.js";
import { readSchedule } from "../../src/config/cron.js";
import { parseConfig } from "../../src/config/load.js";
import { ConfigError } from "../../src/config/problem.js";

async function agent(body: string) {
  return (await parseConfig(`[agents.a]\ncommand = "a"\n${body}`, "/p/hearth.toml")).agents.get("a");
}

async function problemOf(body: string): Promise<ConfigProblem | undefined> {
  const error = await agent(body).catch((thrown: unknown) => thrown);
  if (!(error instanceof ConfigError)) throw new Error(`no ConfigError: ${error}`);
  return error.problems[0];
}

test.each([
  ['cron = "0 4 * *"', "agents.a.cron", "five or six fields"],
  ['cron = "2030-01-01T00:00:00Z"', "agents.a.cron", "five or six fields"],
  ['cron = "61 * * * *"', "agents.a.cron", "Invalid value for minute: 61"],
  ['cron = "@reboot"', "agents.a.cron", "not supported"],
  ['cron = "0 0 30 2 *"', "agents.a.cron", "never comes"],
  ['cron = { schedule = "@daily", zone = "Europe/Bonn" }', "agents.a.cron", 'no time zone "Europe/Bonn"'],
  ['cron = { zone = "Europe/Berlin" }', "agents.a.cron", 'the field "schedule" is missing'],
  ['cron = { schedule = "@daily", tz = "UTC" }', "agents.a.cron", 'no field "tz"'],
  ["cron = 4", "agents.a.cron", "expected a schedule"],
  ["max_memory = 500", "agents.a.max_memory", 'write "500KB" or "500MB"'],
  ["watch = []", "agents.a.watch", "no path is named"],
  ['watch = "src"', "agents.a.watch", "expected true, a list"],
  ['watch = ["src", "*.{js,ts}"]', "agents.a.watch[1]", '"{" has no meaning here'],
  ['watch = { ignore = ["!x"] }', "agents.a.watch.ignore[0]", '"!" has no meaning here'],
  ['watch = { debonce = "1s" }', "agents.a.watch", 'did you mean "debounce"?'],
  ["watch = { debounce = 3 }", "agents.a.watch", "debounce: a duration needs a unit"],
])("%s is refused where it is written", async (body, key, why) => {
  expect(await problemOf(body)).toMatchObject({ line: 3, key, message: expect.stringContaining(why) });
});

test.each([
  ["true", ["/p/app/**"]],
  ["{ debounce = '1s' }", ["/p/app/**"]],
  ['["src", "*.py", "../lib", "/etc/app.conf"]', ["/p/src", "/p/*.py", "/lib", "/etc/app.conf"]],
  // The directory above may be anybody's.
  ['["."]', ["/p/**"]],
])("watch = %s means these paths, which start where all others in the file do", async (watch, paths) => {
  expect((await agent(`cwd = "app"\nwatch = ${watch}`))?.watch?.paths).toEqual(paths);
});

test("watch = false is no watch", async () => {
  expect((await agent("watch = false"))?.watch).toBeNull();
});

test("a schedule keeps to its zone over the change to summer time, and a time that is left out comes after the gap", async () => {
  const { after } = await readSchedule({ schedule: "30 2 * * *", zone: "Europe/Berlin" });
  const next = (at: string): string => new Date(after(Date.parse(at)) ?? 0).toISOString();
  expect(next("2026-03-28T12:00:00Z")).toBe("2026-03-29T01:00:00.000Z");
  expect(next("2026-03-29T01:00:00Z")).toBe("2026-03-30T00:30:00.000Z");
});

test("a time that comes twice when summer ends counts once", async () => {
  const { after } = await readSchedule({ schedule: "30 2 * * *", zone: "Europe/Berlin" });
  const first = after(Date.parse("2026-10-24T12:00:00Z")) ?? 0;
  expect([first, after(first)]).toEqual([Date.parse("2026-10-25T00:30:00Z"), Date.parse("2026-10-26T01:30:00Z")]);
});
