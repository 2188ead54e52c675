import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { type ProcessTable, processLife, signalProcess, systemProcesses } from "../../src/client/process-identity.js";

const BEGAN = { start: "777", boot: "boot-1", init: "5" };

function table({ state = "S", start = "777", boot = "boot-1", init = "5", threads = 1 } = {}): ProcessTable {
  const line = (name: string, began: string) =>
    `42 (${name}) ${state} ${Array(16).fill("0").join(" ")} ${threads} 0 ${began} 0 0`;
  const files: Record<string, string> = {
    "/proc/42/stat": line("odd) name (S 1", start),
    "/proc/1/stat": line("init", init),
    "/proc/sys/kernel/random/boot_id": `${boot}\n`,
  };
  return { platform: "linux", read: (path) => files[path] ?? null, exists: () => true };
}

describe("a process", () => {
  it.each([
    ["alive", {}],
    ["halted", { state: "T" }],
    ["gone", { state: "Z" }],
    ["alive", { state: "Z", threads: 2 }],
    ["gone", { start: "778" }],
    ["gone", { boot: "boot-2" }],
    ["gone", { init: "6" }],
  ])("is %s: %j", (life, facts) => expect(processLife(42, BEGAN, table(facts))).toBe(life));

  it("is gone when its number is free", () => {
    expect(processLife(43, BEGAN, table())).toBe("gone");
  });

  it("is known by its number alone off Linux", () => {
    const elsewhere = { ...table(), platform: "darwin" as const };
    expect(processLife(43, BEGAN, elsewhere)).toBe("alive");
    expect(processLife(43, BEGAN, { ...elsewhere, exists: () => false })).toBe("gone");
  });

  it.runIf(process.platform === "linux")("that took over the number is never signalled", async () => {
    const child = spawn("sleep", ["1000"]);
    const ended = once(child, "exit");
    const pid = child.pid ?? 0;
    expect(signalProcess(pid, { ...BEGAN, boot: "", init: "" }, "SIGKILL")).toBe(false);
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    // Right after its start it may still have the name of this process, in which there are spaces.
    const start = stat.slice(stat.lastIndexOf(")") + 2).split(" ")[19] ?? "";
    expect(processLife(pid, { start, boot: "", init: "" }, systemProcesses)).toBe("alive");
    expect(signalProcess(pid, { start, boot: "", init: "" }, "SIGTERM")).toBe(true);
    expect(await ended).toEqual([null, "SIGTERM"]);
  });
});
