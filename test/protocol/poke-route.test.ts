// The promises of `heartbeat.poke`: every way is read, and no other.
import { expect, test } from "vitest";
import { parsePokeRoute } from "../../protocol/poke-route.js";

test.each([
  ["none", { kind: "none" }],
  ["session", { kind: "session" }],
  ["rpc", { kind: "rpc" }],
  ["signal:SIGUSR1", { kind: "signal", signal: "SIGUSR1" }],
  ["signal:SIGHUP", { kind: "signal", signal: "SIGHUP" }],
  ["command:./poke.sh 'a b'", { kind: "command", command: "./poke.sh 'a b'" }],
  ["command:curl http://x:1", { kind: "command", command: "curl http://x:1" }],
])("%s is read", (text, route) => {
  expect(parsePokeRoute(text)).toEqual(route);
});

test.each([
  ["", 'expected "session"'],
  ["Session", 'did you mean "session"?'],
  ["rcp", 'did you mean "rpc"?'],
  ["signal", 'expected "session"'],
  ["signal:", 'a poke cannot be the signal ""; it can be SIGTERM'],
  ["signal:USR1", 'a poke cannot be the signal "USR1"'],
  ["signal:SIGKILL", 'a poke cannot be the signal "SIGKILL"'],
  ["signal:SIGSTOP", 'a poke cannot be the signal "SIGSTOP"'],
  ["signal:toString", 'a poke cannot be the signal "toString"'],
  ["command:  ", 'expected a program after "command:"'],
  ["command:a\0", "must not contain a NUL character"],
])("%j is refused", (text, why) => {
  expect(() => parsePokeRoute(text)).toThrow(why);
});
