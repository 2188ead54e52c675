// What is found of the services of a user: the unit of this home and no other, in the words of systemctl.
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import type { ServiceFact } from "../../../src/cli/doctor/login.js";
import { lookAtLogin } from "../../../src/cli/doctor/look-at-login.js";
import { newHome } from "../../support/daemon.js";
import { PATIENCE_MS } from "../../support/deadline.js";

const SYSTEMCTL = "#!/bin/sh\necho ActiveState=failed\necho UnitFileState=enabled\n";

/** The services found where these units are installed and `systemctl` is this script. */
async function servicesAmong(
  units: Readonly<Record<string, string>>,
  systemctl: string,
): Promise<readonly ServiceFact[]> {
  const directory = newHome();
  const unitDirectory = join(directory, "systemd", "user");
  mkdirSync(unitDirectory, { recursive: true });
  for (const [name, text] of Object.entries(units)) writeFileSync(join(unitDirectory, name), text);
  writeFileSync(join(directory, "systemctl"), systemctl, { mode: 0o755 });
  const env = { XDG_CONFIG_HOME: directory, PATH: directory };
  return (await lookAtLogin({ env, homes: ["/home/ada/.hearth"], daemonPid: null, timeoutMs: PATIENCE_MS })).services;
}

describe("the services of a user", () => {
  it("are those that run hearthd, each with its home and its state", async () => {
    const units = {
      "hearthd.service": 'ExecStart=/usr/bin/node /opt/hearthd.cjs "--home" "/home/ada/.hearth"\n',
      "hearthd-two.service": "ExecStart=/usr/bin/node /opt/hearthd.cjs\nEnvironment=HEARTH_HOME=/home/ada/.hearth2\n",
      "mail.service": "ExecStart=/usr/bin/mail /home/ada/.hearth\n",
    };
    const state = { active: "failed", enabled: "enabled" };
    expect([...(await servicesAmong(units, SYSTEMCTL))].sort((a, b) => b.unit.localeCompare(a.unit))).toEqual([
      { unit: "hearthd.service", isForThisHome: true, state },
      { unit: "hearthd-two.service", isForThisHome: false, state },
    ]);
  });

  it("have no state where systemd does not answer", async () => {
    const unit = { "hearthd.service": "ExecStart=hearthd --home /home/ada/.hearth\n" };
    expect(await servicesAmong(unit, "#!/bin/sh\nexit 1\n")).toMatchObject([{ isForThisHome: true, state: null }]);
  });
});
