// What `hearth status` does for people: a table or a page, once or again and again.
import { type Context, timeoutOf, withClient } from "../context.js";
import type { Subject } from "./command.js";
import { look, renderSeen } from "./look.js";
import { assertWatchable, watchWith } from "./watch.js";

/** Prints what is seen now. */
export async function show(context: Context, subject: Subject): Promise<void> {
  const options = { timeoutMs: timeoutOf(context), usage: true };
  const seen = await withClient(context, (client) => look(client, subject, options));
  context.output.lines(renderSeen(seen, context.output.wideStyle, { now: seen.at }));
}

/** @throws {UsageError} there is nothing to draw on. */
export async function watch(context: Context, subject: Subject): Promise<void> {
  assertWatchable(context);
  await withClient(context, (client) => watchWith(client, context, subject));
}
