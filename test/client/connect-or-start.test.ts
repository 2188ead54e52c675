import { describe, expect, it } from "vitest";
import { connectOrStart } from "../../src/client/connect-or-start.js";
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

  it.each([true, false])("is called off before anything is done (autostart %s)", async (autostart) => {
    const connecting = connectOrStart({ home: newHome(), env: {}, autostart, signal: AbortSignal.abort() });
    await expect(connecting).rejects.toMatchObject({ kind: "cancelled" });
  });
});
