// The promises of an announcement: each subscriber reads its own name in its own framing, and what is the same is made once.
import { expect, test, vi } from "vitest";
import { FrameDecoder, type Framing } from "../../protocol/framing.js";
import { Announcement } from "../../src/server/announcement.js";

const EVENT = '"seq":7,"type":"agent.ready","agent":"zoë","data":{}}';

function read(text: string): unknown {
  const decoder = new FrameDecoder({ maxBytes: 1_000 });
  decoder.push(Buffer.from(text));
  return decoder.next();
}

const framings: readonly Framing[] = ["newline", "content-length"];

test.each(framings)("a subscriber is told of the event under its subscription's id (%s)", (framing) => {
  const announcement = new Announcement({ json: EVENT });
  for (const subscription of ["1", "2", "1", 'odd "id"']) {
    const params = { subscription, seq: 7, type: "agent.ready", agent: "zoë", data: {} };
    const value = { jsonrpc: "2.0", method: "event", params };
    expect(read(announcement.text(subscription, framing))).toEqual({ kind: "message", value });
  }
});

test("the framing of one subscriber is not that of another with the same id", () => {
  const announcement = new Announcement({ json: EVENT });
  const texts = [...framings, ...framings].map((framing) => announcement.text("1", framing));
  expect(texts.map((text) => text.startsWith("Content-Length: "))).toEqual([false, true, false, true]);
});

test("what a thousand subscribers are told in the same words is written once", () => {
  const announcement = new Announcement({ json: EVENT });
  const written = vi.spyOn(JSON, "stringify");
  for (let subscriber = 0; subscriber < 1_000; subscriber++) announcement.text("1", "newline");
  expect(written).toHaveBeenCalledTimes(1);
  written.mockRestore();
});
