// `hearth events`: what happened to the daemon and its agents, and what happens.

import type { Params } from "../../../protocol/methods.js";
import { parseAgentGlob } from "../../../protocol/names.js";
import type { Client, EventNotification } from "../../client/client.js";
import type { Subscription } from "../../client/subscription.js";
import { assertThere } from "../agent-verbs.js";
import { defineCommand } from "../command.js";
import { someAgents } from "../completion/completes.js";
import { type Context, timeoutOf, withClient } from "../context.js";
import { EXIT } from "../exit-codes.js";
import type { FlagValues } from "../flags.js";
import { AGENT_EXITS } from "../help/exits.js";
import { jsonFor } from "../output.js";
import { type Event, renderEvent } from "../render/events.js";
import { UsageError } from "../usage-error.js";

const FLAGS = {
  follow: { type: "boolean", short: "f", summary: "show what happens from here on, until Ctrl-C" },
  type: {
    type: "string",
    value: "TYPES",
    completes: { what: "words", words: typesAndFamilies, isList: true },
    summary: "only these, joined by commas, such as agent.exited,lifecycle.*",
  },
  agent: {
    type: "string",
    value: "AGENTS",
    completes: { ...someAgents("any"), isList: true },
    summary: "only those of these agents or globs, joined by commas",
  },
  since: { type: "string", value: "SEQ", summary: "those after this number, as --json shows it" },
} as const;

export const command = defineCommand({
  name: "events",
  summary: "Shows what happened lately to the daemon and its agents.",
  details:
    "Without -f: the latest thousand or so, which the daemon keeps, and ends. -f --since 0 shows these first. With --json: one array, but with -f one object a line.",
  flags: FLAGS,
  exits: AGENT_EXITS,
  examples: [
    "hearth events -f --type 'lifecycle.*' --agent mayor  # what is asked of mayor, as it happens",
    "hearth events --type agent.exited --json",
    "hearth events -f --since 0 --json | jq -c .type  # all that is kept, then what comes",
  ],
  seeAlso: ["logs", "requests", "status"],
  async run(context, { flags }) {
    const wish = wishOf(flags);
    await withClient(context, (client) =>
      flags.follow ? follow(context, client, wish) : showKept(context, client, wish),
    );
    return EXIT.done;
  },
});

/** Every type, and what stands for those of one kind. */
async function typesAndFamilies(): Promise<string[]> {
  const { EVENT_TYPES } = await import("../../../protocol/words.js");
  const families = EVENT_TYPES.filter((type) => type.includes(".")).map((type) => type.replace(/\..*$/, ".*"));
  return [...EVENT_TYPES, ...new Set(families)];
}

type Wish = Params<"events.subscribe">;

/** @throws {UsageError} {HearthError} `invalid-params` for what cannot be a number or an agent. */
function wishOf({ type, agent, since }: FlagValues<typeof FLAGS>): Wish {
  return { types: type?.split(","), agents: agent?.split(",").map(parseAgentGlob), since: sequenceNumber(since) };
}

function sequenceNumber(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const number = Number(text);
  if (/^\d+$/.test(text) && Number.isSafeInteger(number)) return number;
  throw new UsageError(
    `--since: "${text}" is not the number of an event`,
    "see `hearth events --json` for the seq of each",
  );
}

/** Ends with Ctrl-C, or when the daemon is gone for good. */
async function follow(context: Context, client: Client, wish: Wish): Promise<void> {
  const { output } = context;
  for await (const notification of await client.subscribe(wish, { timeoutMs: timeoutOf(context) })) {
    if (notification.method === "events.lagged") output.note(missing(notification.params));
    else output.lines([output.json ? jsonFor(context.stdout, bare(notification)) : renderEvent(bare(notification))]);
  }
}

async function showKept(context: Context, client: Client, wish: Wish): Promise<void> {
  const { output } = context;
  const options = { timeoutMs: timeoutOf(context) };
  const subscription = await client.subscribe({ ...wish, since: wish.since ?? 0 }, options);
  // Its answer comes behind everything that is replayed.
  const replayed = client.call("system.ping", {}, options).finally(() => subscription.close());
  const [notifications] = await Promise.all([collect(subscription), replayed]);
  for (const { method, params } of notifications) {
    // That older ones are gone is news only to somebody who asked from where on.
    const isNews = method === "events.lagged" && (wish.since !== undefined || params.missed !== null);
    if (isNews) output.note(missing(params));
  }
  const events = notifications.flatMap((each) => (each.method === "event" ? [bare(each)] : []));
  // An agent that was removed since has its events still.
  const unheardOf = wish.agents?.filter((name) => !events.some(({ agent }) => agent === name)) ?? [];
  await assertThere(context, client, unheardOf);
  output.result(events, (kept) => kept.map(renderEvent));
}

async function collect(subscription: Subscription<EventNotification>): Promise<EventNotification[]> {
  const all: EventNotification[] = [];
  for await (const notification of subscription) all.push(notification);
  return all;
}

/** An event without the subscription's number, which means nothing outside of its connection. */
function bare({ params: { subscription: _, ...event } }: EventNotification & { readonly method: "event" }): Event {
  return event;
}

function missing({ missed }: { readonly missed: number | null }): string {
  return missed === null ? "note: earlier events are no longer kept" : `note: ${missed} events were missed`;
}
