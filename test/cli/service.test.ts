// Services as text, and what launchd and the Task Scheduler are told. Neither runs here: what their files say is read by
// parsers of those formats, and the commands are recorded. systemd's part runs for real in test/e2e/service.test.ts.
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { basename, resolve } from "node:path";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { launchd } from "../../src/cli/service/launchd.js";
import type { RunTool } from "../../src/cli/service/run-tool.js";
import { taskScheduler } from "../../src/cli/service/scheduled-task.js";
import type { Service } from "../../src/cli/service/service.js";
import { serviceName } from "../../src/cli/service/service-name.js";
import { parseState } from "../../src/cli/service/systemd.js";
import { serviceUnit, socketUnit } from "../../src/cli/service/systemd-units.js";

const SERVICE: Service = {
  name: "hearthd-site-0badcafe",
  home: `/Users/me/a & b <"site">/.hearth`,
  socketPath: `/Users/me/a & b <"site">/.hearth/daemon.sock`,
  command: ["/opt/no de/bin/node", "hearthd.cjs", "--home", `/Users/me/a & b <"site">/.hearth`, "C:\\odd dir\\", ""],
  environment: { PATH: "/usr/bin:/a & b", HEARTH_HOME: `/Users/me/a & b <"site">/.hearth` },
};

/** A manager's program that notes what it is asked, and answers with the first of `answers` that fits. */
function recorder(answers: Readonly<Record<string, string | null>> = {}): { run: RunTool; asked: string[] } {
  const asked: string[] = [];
  const run: RunTool = async (program, args) => {
    const line = [program, ...args].join(" ");
    asked.push(line);
    const found = Object.keys(answers).find((start) => line.startsWith(start));
    const answer = found === undefined ? "" : answers[found];
    return { code: answer === null ? 1 : 0, stdout: answer ?? "", complaint: answer === null ? "no" : "" };
  };
  return { run, asked };
}

function python(script: string, input: string): unknown {
  return JSON.parse(execFileSync("python3", ["-c", script], { input, encoding: "utf8" }));
}

describe("the name of a service", () => {
  test("is plain for the user's own home, and the project's name with a hash for any other", () => {
    expect(serviceName("/home/me/.hearth", "/home/me")).toBe("hearthd");
    expect(serviceName("/work/my site/.hearth", "/home/me")).toMatch(/^hearthd-my-site-[0-9a-f]{8}$/);
    expect(serviceName("/srv/hearth", "/home/me")).toMatch(/^hearthd-hearth-[0-9a-f]{8}$/);
    expect(serviceName("/家/.hearth", "/home/me")).toMatch(/^hearthd-[0-9a-f]{8}$/);
  });

  test("means the same in a unit, a shell and a file, and tells homes apart", () => {
    const path = fc.string({ unit: "binary", minLength: 1, maxLength: 60 }).map((text) => `/${text}`);
    fc.assert(
      fc.property(path, path, (one, other) => {
        fc.pre(one !== other);
        expect(serviceName(one, "/home/me")).toMatch(/^[A-Za-z0-9-]{1,64}$/);
        expect(serviceName(one, "/home/me")).not.toBe(serviceName(other, "/home/me"));
      }),
      { numRuns: 30 },
    );
  });
});

describe("systemd's units", () => {
  test("signal the daemon alone, restart it whatever it died of, and leave 78 and an end that was asked for alone", () => {
    const lines = serviceUnit(SERVICE).split("\n");
    for (const line of ["KillMode=process", "OOMPolicy=continue", "Restart=always", "RestartPreventExitStatus=78"]) {
      expect(lines).toContain(line);
    }
    expect(lines).toContain("RestartPreventExitStatus=0");
    expect(socketUnit(SERVICE).split("\n")).toContain("SocketMode=0600");
  });

  test("can't be written for a path with a line break", () => {
    expect(() => socketUnit({ ...SERVICE, socketPath: "/a\nb" })).toThrow("can't name");
  });

  test("are enabled and active as systemctl says", () => {
    const printed = (state: string, pid: number) => `UnitFileState=enabled\nActiveState=${state}\nMainPID=${pid}\n`;
    expect(parseState(printed("active", 42))).toEqual({ enabled: true, active: true, pid: 42 });
    expect(parseState(printed("activating", 0))).toEqual({ enabled: true, active: true, pid: null });
    expect(parseState("UnitFileState=\nActiveState=inactive\nMainPID=0\n")).toEqual({
      ...{ enabled: false, active: false, pid: null },
    });
  });
});

describe("launchd", () => {
  const at = (run: RunTool) => launchd({ userHome: "/Users/me", uid: 501, run });

  test("gets a property list that says exactly what was meant", () => {
    const [{ path, text } = { path: "", text: "" }] = at(recorder().run).files(SERVICE);
    expect(path).toBe("/Users/me/Library/LaunchAgents/hearthd-site-0badcafe.plist");
    const script = "import json, plistlib, sys; print(json.dumps(plistlib.loads(sys.stdin.buffer.read())))";
    expect(python(script, text)).toEqual({
      Label: SERVICE.name,
      ProgramArguments: SERVICE.command,
      EnvironmentVariables: SERVICE.environment,
      RunAtLoad: true,
      KeepAlive: { SuccessfulExit: false },
      ThrottleInterval: 60,
      ExitTimeOut: 0,
      AbandonProcessGroup: true,
      ProcessType: "Interactive",
    });
  });

  test("is asked to load what it does not know, and to start what it knows", async () => {
    const target = "gui/501/hearthd-site-0badcafe";
    const unknown = recorder({ [`launchctl print ${target}`]: null });
    await at(unknown.run).start(SERVICE);
    await at(unknown.run).disable(SERVICE);
    const plist = "/Users/me/Library/LaunchAgents/hearthd-site-0badcafe.plist";
    expect(unknown.asked.filter((line) => !line.startsWith("launchctl print"))).toEqual([
      `launchctl bootstrap gui/501 ${plist}`,
    ]);
    const known = recorder({ [`launchctl print ${target}`]: "{\n\tstate = running\n\tpid = 42\n}\n" });
    await at(known.run).start(SERVICE);
    await at(known.run).disable(SERVICE);
    expect(known.asked.filter((line) => !line.startsWith("launchctl print"))).toEqual([
      `launchctl kickstart ${target}`,
      `launchctl bootout ${target}`,
    ]);
    expect(await at(known.run).state(SERVICE)).toEqual({ enabled: true, active: true, pid: 42 });
  });

  test.each([
    ["runs it", "running", { enabled: true, active: true, pid: 4242 }],
    ["lets it rest", "waiting", { enabled: true, active: false, pid: null }],
  ])("tells in what it prints at length that it %s", async (_, printed, state) => {
    const text = readFileSync(resolve(import.meta.dirname, `../fixtures/macos/launchctl-print-${printed}.txt`), "utf8");
    expect(await at(recorder({ "launchctl print": text }).run).state(SERVICE)).toEqual(state);
  });

  test("that refuses is quoted", async () => {
    const { run } = recorder({ "launchctl print": null, "launchctl bootstrap": null });
    await expect(at(run).start(SERVICE)).rejects.toMatchObject({ kind: "service-manager-refused" });
    await expect(at(run).assertPresent()).rejects.toMatchObject({ kind: "no-service-manager" });
  });
});

describe("the Task Scheduler", () => {
  test("gets a task that runs exactly the command at logon, for as long as it takes", () => {
    const [{ path, text } = { path: "", text: "" }] = taskScheduler(recorder()).files(SERVICE);
    expect(basename(path.replaceAll("\\", "/"))).toBe("service.xml");
    const script = `
import json, sys
from xml.etree import ElementTree
task = ElementTree.fromstring(sys.stdin.buffer.read())
text = lambda path: task.find(path, {"t": "http://schemas.microsoft.com/windows/2004/02/mit/task"}).text
exec = "t:Actions/t:Exec/t:"
print(json.dumps([text(exec + "Command"), text(exec + "Arguments"), text("t:Settings/t:ExecutionTimeLimit")]))`;
    const listed = "import json, subprocess, sys; print(json.dumps(subprocess.list2cmdline(json.load(sys.stdin))))";
    const [program, ...args] = SERVICE.command;
    expect(python(script, text)).toEqual([program, python(listed, JSON.stringify(args)), "PT0S"]);
  });

  test("is asked to create, run, show and delete it, and never to kill the daemon", async () => {
    const { run, asked } = recorder({ "schtasks.exe /Query": '"\\hearthd-site-0badcafe","N/A","Running"\r\n' });
    const manager = taskScheduler({ run });
    await manager.enable(SERVICE);
    await manager.start(SERVICE);
    expect(await manager.state(SERVICE)).toEqual({ enabled: true, active: true, pid: null });
    await manager.closeSocket(SERVICE);
    await manager.stop(SERVICE);
    await manager.disable(SERVICE);
    expect(asked.map((line) => line.split(" ").slice(0, 2).join(" "))).toEqual(
      ["/Create", "/Run", "/Query", "/Delete"].map((verb) => `schtasks.exe ${verb}`),
    );
  });
});
