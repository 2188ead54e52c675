// Ports for programs that are told which one to listen on.
import { randomInt } from "node:crypto";
import { once } from "node:events";
import { createServer } from "node:net";

/** One that nobody has, and that the kernel gives to nobody who asks for any: those begin above. */
export async function freePort(): Promise<number> {
  for (;;) {
    const port = randomInt(20_000, 30_000);
    const server = createServer().listen(port, "127.0.0.1");
    const isFree = await once(server, "listening").then(
      () => true,
      () => false,
    );
    await new Promise((resolve) => server.close(resolve));
    if (isFree) return port;
  }
}
