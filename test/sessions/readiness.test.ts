// What makes an agent ready is asked again and again, and no answer is waited for too long.
import { once } from "node:events";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { afterEach, expect, it } from "vitest";
import { awaitReadiness } from "../../src/sessions/readiness.js";

const servers: Server[] = [];
afterEach(() => {
  for (const server of servers.splice(0)) server.close().closeAllConnections();
});

setFlagsFromString("--expose-gc");
const collectGarbage = runInNewContext("gc") as () => void;

it("a try that hangs is given up for the next one, also when garbage is collected meanwhile", async () => {
  let asked = 0;
  const server = createServer((_, response) => {
    asked += 1;
    if (asked > 1) response.end("ready");
    else setImmediate(collectGarbage);
  });
  servers.push(server.listen(0, "127.0.0.1"));
  await once(server, "listening");
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
  const { signal } = new AbortController();
  await awaitReadiness({ kind: "http", url }, { waitForText: async () => {}, cwd: "/", env: {}, signal });
  // A busy machine may give up the second one, too.
  expect(asked).toBeGreaterThan(1);
});
