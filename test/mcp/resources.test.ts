import { appendFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { sh, startDaemon, type TestDaemon } from "../support/daemon.js";
import { type McpOptions, type McpSession, startMcp } from "./mcp.js";

const IDLE = sh("exec sleep 1000", { autostart: true });
const LOUD = sh("printf '\\033[31mred\\033[0m\\n'; echo up; exec sleep 1000", {
  ...{ autostart: true, ready: { output: "up" } },
});
const AGENTS = "hearth://agents";
const WITNESS = "hearth://agents/gastown%2Fwitness";

async function town(): Promise<TestDaemon> {
  const daemon = await startDaemon({ config: { agents: { mayor: LOUD, "gastown/witness": IDLE } } });
  for (const agent of ["mayor", "gastown/witness"]) await daemon.until(agent, ({ ready }) => ready);
  return daemon;
}

/** A client that came when nothing had happened for a while. */
async function startCalm(options: McpOptions): Promise<McpSession> {
  const mcp = await startMcp(options);
  // The watch begins before anything is answered, and what it finds is told before the client listens.
  await mcp.call("status");
  return mcp;
}

async function read({ client }: McpSession, uri: string): Promise<string> {
  const [content] = (await client.readResource({ uri })).contents;
  return content !== undefined && "text" in content ? content.text : "";
}

/** Listens to resources in the way of either protocol. */
async function listen({ client }: McpSession, era: "2025" | "2026", uris: string[]): Promise<() => Promise<unknown>> {
  if (era === "2026") {
    const listening = await client.listen({ resourceSubscriptions: uris, resourcesListChanged: true });
    return () => listening.close();
  }
  await Promise.all(uris.map((uri) => client.subscribeResource({ uri })));
  return () => Promise.all(uris.map((uri) => client.unsubscribeResource({ uri })));
}

describe("the resources", () => {
  it("are the agents, and for each its status and its log", async () => {
    const mcp = await startMcp(await town());
    const { resources } = await mcp.client.listResources();
    expect(resources.map(({ uri }) => uri).sort()).toEqual([
      AGENTS,
      `${WITNESS}/log`,
      `${WITNESS}/status`,
      "hearth://agents/mayor/log",
      "hearth://agents/mayor/status",
    ]);
    const { resourceTemplates } = await mcp.client.listResourceTemplates();
    expect(resourceTemplates.map(({ uriTemplate }) => uriTemplate)).toEqual([
      "hearth://agents/{name}/status",
      "hearth://agents/{name}/log",
    ]);
  });

  it("show what the daemon says, and logs without what controls a terminal", async () => {
    const daemon = await town();
    const mcp = await startMcp(daemon);
    expect(JSON.parse(await read(mcp, AGENTS))).toMatchObject({ agents: [{}, {}] });
    const { uptimeMs, ...status } = await daemon.agent("gastown/witness");
    expect(JSON.parse(await read(mcp, `${WITNESS}/status`))).toMatchObject(status);
    expect(await read(mcp, "hearth://agents/mayor/log")).toBe("red\nup");
  });

  it("that nobody has are not found", async () => {
    const mcp = await startMcp(await town());
    const missing = [`${AGENTS}/mayr/status`, `${AGENTS}/gastown/witness/status`, `${AGENTS}/%zz/log`, "hearth://x"];
    for (const uri of missing) {
      await expect(mcp.client.readResource({ uri }), uri).rejects.toMatchObject({ code: -32602, data: { uri } });
    }
    await expect(mcp.client.subscribeResource({ uri: "hearth://x" })).rejects.toMatchObject({ code: -32602 });
  });

  it("complete the names of agents", async () => {
    const mcp = await startMcp(await town());
    const ref = { type: "ref/resource" as const, uri: "hearth://agents/{name}/log" };
    const { completion } = await mcp.client.complete({ ref, argument: { name: "name", value: "gas" } });
    expect(completion.values).toEqual(["gastown/witness"]);
  });
});

describe.each(["2025", "2026"] as const)("a client that listens, with the protocol of %s,", (era) => {
  it("hears when the state of an agent changes, and of no other agent", async () => {
    const daemon = await town();
    const mcp = await startCalm({ home: daemon.home, era });
    await listen(mcp, era, [`${WITNESS}/status`, AGENTS]);
    await mcp.updated(AGENTS, () => daemon.call("agent.stop", { agent: "mayor" }));
    expect(mcp.updates).not.toContain(`${WITNESS}/status`);
    await mcp.updated(`${WITNESS}/status`, () => daemon.call("agent.stop", { agent: "gastown/witness" }));
    expect(JSON.parse(await read(mcp, `${WITNESS}/status`))).toMatchObject({ state: "stopped" });
  });

  it("hears once of many lines that were written, and nothing after it has stopped listening", async () => {
    const daemon = await town();
    const { logFile } = await daemon.agent("mayor");
    const mcp = await startCalm({ home: daemon.home, era });
    const log = "hearth://agents/mayor/log";
    const status = "hearth://agents/mayor/status";
    const listening = listen(mcp, era, [log]);
    // The first word covers what was written while it began to listen.
    await mcp.updated(log, () => listening);
    const stop = await listening;
    await mcp.updated(log, () => appendFileSync(logFile, "line\n".repeat(1_000)));
    expect(mcp.updates).toEqual([log]);
    expect(await read(mcp, log)).toMatch(/line$/);
    await stop();
    await listen(mcp, era, [status]);
    appendFileSync(logFile, "more\n");
    await mcp.updated(status, () => daemon.call("agent.restart", { agent: "mayor", wait: true }));
    expect(mcp.updates).not.toContain(log);
  });

  it("hears of agents that come and go, and of the log of one that was not there", async () => {
    const daemon = await startDaemon();
    const mcp = await startCalm({ home: daemon.home, era });
    const log = "hearth://agents/late/log";
    await listen(mcp, era, [log]);
    const command = ["/bin/sh", "-c", "while :; do echo tick; sleep 0.05; done"];
    await mcp.listChanged(() => daemon.call("agent.add", { name: "late", command }));
    await mcp.updated(log, () => daemon.call("agent.start", { agent: "late" }));
    await mcp.listChanged(() => daemon.call("agent.remove", { agent: "late" }));
  });

  it("goes on hearing from the next daemon", async () => {
    const daemon = await town();
    const mcp = await startCalm({ home: daemon.home, era });
    const { logFile } = await daemon.agent("mayor");
    await listen(mcp, era, [`${WITNESS}/status`, "hearth://agents/mayor/log"]);
    await mcp.updated(`${WITNESS}/status`, () => daemon.call("agent.stop", { agent: "gastown/witness" }));
    await daemon.kill();
    const next = await daemon.startAgain();
    await mcp.updated(`${WITNESS}/status`, () => next.call("agent.start", { agent: "gastown/witness" }));
    await mcp.updated("hearth://agents/mayor/log", () => appendFileSync(logFile, "more\n"));
  });
});
