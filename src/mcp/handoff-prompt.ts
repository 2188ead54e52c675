// The prompt that has a model write a handoff its successor can work from.
import type { GetPromptResult, McpServer } from "@modelcontextprotocol/server";
import { type ObjectSchema, published } from "./schemas.js";
import type { Role } from "./tools.js";

const ARGUMENTS: ObjectSchema = {
  type: "object",
  properties: {
    agent: { type: "string", description: "The agent whose next session is to read it." },
    task: { type: "string", description: "What the next session is to do." },
  },
  required: [],
};

interface Wish {
  readonly agent?: string;
  readonly task?: string;
}

export function registerHandoffPrompt(server: McpServer, role: Role): void {
  server.registerPrompt(
    "handoff",
    {
      title: "Write a handoff",
      description: "How to write what the next session of an agent has to know, and how to hand it over.",
      argsSchema: published(ARGUMENTS),
    },
    (wish): GetPromptResult => ({
      messages: [{ role: "user", content: { type: "text", text: instruction(wish as Wish, role) } }],
    }),
  );
}

function instruction({ agent, task }: Wish, role: Role): string {
  const reader = agent === undefined ? "the next session of this agent" : `the next session of agent "${agent}"`;
  const purpose = task === undefined ? "" : ` Its task will be: ${task}`;
  return `Write a handoff for ${reader}.${purpose}

It begins with an empty context: it knows its standing instructions and this text, and nothing of what happened here. So
write down what it could not find out by looking, under these headings, leaving out those that have nothing:

1. Goal: what is wanted, by whom, and how one can tell that it is done.
2. State: what is finished and how that was checked; what is half done, and exactly where; what is not begun.
3. Next: the very next step, so concrete that it can be taken at once, and then the ones after it.
4. Decided: what was settled and why, and what was tried and failed, so that nobody goes there again.
5. Open: questions, things waited for and from whom, surprises, and what must be left alone.
6. Where: paths, branches, ids and commands, exactly as they are written.

Say which claims you have not verified. Prefer facts to a story of what you did, and a pointer to a copy of anything that is
in a file. Name no secret; say where it is kept. One screen is usually enough, and 1 MiB is the limit.

${delivery(agent, role)}`;
}

function delivery(agent: string | undefined, role: Role): string {
  if (role === "agent") {
    return "Then call `request_cycle` with the text as `handoff`, and nothing after it: your session ends there.";
  }
  const whom = agent === undefined ? "the agent's name as `agent`" : `\`agent\` "${agent}"`;
  return `Then call \`cycle\` with ${whom} and the text as \`handoff\`: the agent's present session ends there.`;
}
