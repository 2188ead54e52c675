import { createServer } from "node:net";
import { join } from "node:path";
import { expect, test } from "vitest";
import { isListenedOn, parseUnixSockets } from "../src/unix-sockets.js";
import { newHome } from "./support/daemon.js";

test("of /proc/net/unix only stream sockets that take connections count, by the path they were bound to", () => {
  const text = `Num       RefCount Protocol Flags    Type St Inode Path
0000000013eaa382: 00000003 00000000 00000000 0001 03 14369166 /run/connected.sock
0000000013eaa383: 00000002 00000000 00010000 0001 01 14369167 /tmp/a home/Ünder %/daemon.sock
0000000013eaa384: 00000002 00000000 00010000 0001 01     7 @abstract
0000000013eaa385: 00000002 00000000 00010000 0005 01 14369168 /run/udev/control
0000000013eaa386: 00000002 00000000 00010000 0001 01 14369169
`;
  expect(parseUnixSockets(text)).toEqual([
    { inode: "14369167", path: "/tmp/a home/Ünder %/daemon.sock" },
    { inode: "7", path: "@abstract" },
    { inode: "14369169", path: "" },
  ]);
});

test("who listens is asked of the kernel", async () => {
  const path = join(newHome(), "daemon.sock");
  const server = createServer();
  expect(isListenedOn(path)).toBe(false);
  await new Promise<void>((resolve) => server.listen(path, resolve));
  expect(isListenedOn(path)).toBe(true);
  await new Promise((resolve) => server.close(resolve));
  expect(isListenedOn(path)).toBe(false);
});
