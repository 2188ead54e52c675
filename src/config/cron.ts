// Reads schedules as crontab writes them. croner is loaded by the first agent that has one: most daemons have none.
import type { Cron } from "croner";
import type { ConfigFlaw } from "./problem.js";
import type { AgentSpec, CronPolicy } from "./spec.js";

/** The moments of a schedule. */
export interface Occurrences {
  /** The first one later than this, both in unix milliseconds; null when none is left. */
  after(unixMs: number): number | null;
}

/** A schedule that cannot be read, or that never comes. */
export class ScheduleError extends Error {
  override readonly name = "ScheduleError";
}

/** @throws ScheduleError */
export async function readSchedule({ schedule, zone }: CronPolicy): Promise<Occurrences> {
  if (!isCrontab(schedule)) throw new ScheduleError(`"${schedule}" does not have the five or six fields of a schedule`);
  if (zone !== null) refuseUnknownZone(zone);
  const cron = await readCron(schedule, zone);
  const after = (unixMs: number): number | null => cron.nextRun(new Date(unixMs))?.getTime() ?? null;
  if (after(Date.now()) === null) throw new ScheduleError(`"${schedule}" names a day that never comes`);
  return { after };
}

/** What is wrong with the schedules of these agents; paths start at each agent's definition. */
export async function cronFlaws({ cron }: Pick<AgentSpec, "cron">): Promise<ConfigFlaw[]> {
  if (cron === null) return [];
  try {
    await readSchedule(cron);
    return [];
  } catch (error) {
    if (!(error instanceof ScheduleError)) throw error;
    return [{ path: ["cron"], message: error.message, hint: HINT }];
  }
}

const HINT =
  'write minute, hour, day of month, month and day of week, such as "0 4 * * *" for each day at four; seconds may come first';

/** croner takes dates as well: one that has passed would keep the daemon from starting. */
function isCrontab(schedule: string): boolean {
  return /^@\w+$/.test(schedule.trim()) || [5, 6].includes(schedule.trim().split(/\s+/).length);
}

async function readCron(schedule: string, zone: string | null): Promise<Cron> {
  const { Cron } = await import("croner");
  try {
    return new Cron(schedule, { mode: "5-or-6-parts", ...(zone === null ? {} : { timezone: zone }) });
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new ScheduleError(`"${schedule}" is no schedule: ${why.replace(/^CronPattern: /, "")}`);
  }
}

function refuseUnknownZone(zone: string): void {
  try {
    new Intl.DateTimeFormat("en", { timeZone: zone });
  } catch {
    throw new ScheduleError(`there is no time zone "${zone}"; they are named like "Europe/Berlin"`);
  }
}
