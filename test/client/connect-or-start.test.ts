import { chmodSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { type ConnectOrStartOptions, connectOrStart } from "../../src/client/connect-or-start.js";
import { ClientError } from "../../src/client-error.js";
import { newHome, startDaemon } from "../support/daemon.js";

// That a daemon is really started is shown by package.test.ts, where hearthd lies beside the client.
describe("connecting", () => {
  it("is offline at once where no daemon runs and none is to be started", async () => {
    await expect(connectOrStart({ home: newHome(), env: {} })).rejects.toMatchObject({ kind: "offline" });
  });

  it.each([[undefined], [Number.POSITIVE_INFINITY]])(
    "starts nothing where a daemon runs (timeoutMs %s)",
    async (timeoutMs) => {
      const { home, pid } = await startDaemon();
      const client = await connectOrStart({ home, env: {}, autostart: true, timeoutMs });
      expect(await client.call("daemon.status", {})).toMatchObject({ pid });
      await client.close();
    },
  );

  it.each<[string, (home: string) => ConnectOrStartOptions]>([
    ["empty-home", () => ({ home: "" })],
    ["socket-path-too-long", (home) => ({ home, socket: `/tmp/${"x".repeat(200)}`, env: { HEARTH_TOKEN: "t" } })],
    ["not-a-directory", (home) => ({ home: join(home, "file") })],
    ["writable-by-others", (home) => ({ home: join(home, "open"), autostart: true })],
  ])("refuses a home or a path that cannot be used with a ClientError: %s", async (kind, options) => {
    const home = newHome();
    writeFileSync(join(home, "file"), "");
    mkdirSync(join(home, "open"));
    chmodSync(join(home, "open"), 0o777);
    const failure = await connectOrStart({ env: {}, ...options(home) }).catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(ClientError);
    expect(failure).toMatchObject({ kind, hint: expect.stringContaining("hearth") });
  });

  it.each([true, false])("is called off before anything is done (autostart %s)", async (autostart) => {
    const connecting = connectOrStart({ home: newHome(), env: {}, autostart, signal: AbortSignal.abort() });
    await expect(connecting).rejects.toMatchObject({ kind: "cancelled" });
  });
});
