// Writes the names that a light client offers to people from the OpenRPC document, so that it needs no schema library.
import { REQUEST_STATES } from "../protocol/lifecycle.js";
import type { OpenRpc } from "./openrpc.js";

const HEAD = `// Names that clients offer to people: made by \`npm run generate\`, never edited.
// biome-ignore-all format: its lines are as long as they need to be`;

/** The text of protocol/words.ts. */
export function words({ methods, ...document }: OpenRpc): string {
  const lists = [
    list(
      "METHOD_NAMES",
      "Every method.",
      methods.map(({ name }) => name),
    ),
    list("EVENT_TYPES", "Every type of event.", Object.keys(document["x-events"])),
    list("REQUEST_STATES", "Every state of a lifecycle request.", REQUEST_STATES),
  ];
  return `${[HEAD, ...lists].join("\n\n")}\n`;
}

function list(name: string, about: string, items: readonly string[]): string {
  const lines = items.map((item) => `  ${JSON.stringify(item)},`);
  return `/** ${about} */\nexport const ${name}: readonly string[] = [\n${lines.join("\n")}\n];`;
}
