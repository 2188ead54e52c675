// How the named pipes of a home are called on Windows.

import { expect, test } from "vitest";
import { isPipe, pipesOf } from "../src/pipe-names-windows.js";

test("a home of a user has one pipe, however its path is written", () => {
  const { socket } = pipesOf("C:\\Users\\ada\\home", "ada");
  expect(socket).toMatch(/^\\\\\.\\pipe\\hearth-[0-9a-f]{16}$/);
  expect(pipesOf("c:\\users\\ADA\\home", "Ada").socket).toBe(socket);
  expect(pipesOf("C:\\Users\\ada\\other", "ada").socket).not.toBe(socket);
  expect(pipesOf("C:\\Users\\ada\\home", "bob").socket).not.toBe(socket);
});

test("a pipe is told from a file", () => {
  expect(["\\\\.\\PIPE\\hearth", "/run/daemon.sock"].map(isPipe)).toEqual([true, false]);
});
