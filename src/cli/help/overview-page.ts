// Pages that list commands: the whole program by what one wants to do, and the members of a family such as `daemon`.
import { COMMAND_GROUPS, COMMANDS, type CommandEntry } from "../commands.js";
import { heading, layOut, type Term, terms, text, widestOf } from "../render/page.js";
import type { Style } from "../render/text.js";
import { TOPICS } from "./topics.js";

/** What families of commands are about, where their name does not say it. */
const FAMILIES: ReadonlyMap<string, string> = new Map([
  ["config", "Checks and describes hearth.toml"],
  ["handoff", "What a session leaves for the next one"],
]);

/** What `hearth --help` shows: short enough for one screen. */
export async function overview(style: Style): Promise<string[]> {
  const groups = await Promise.all(
    COMMAND_GROUPS.map(async ({ title, commands }) => ({ title, rows: await rowsOf(commands) })),
  );
  const column = widestOf(groups.flatMap(({ rows }) => rows));
  return [
    ...layOut([text("Usage: hearth <command> [options]")], style),
    ...groups.flatMap(({ title, rows }) => layOut([heading(title), terms(rows, { column })], style)),
    "",
    ...layOut([text("Begin with `hearth init`; `hearth daemon start` starts the daemon alone.")], style),
    ...layOut([text("`hearth COMMAND --help` explains a command, its options and examples.")], style),
    ...layOut([text(`\`hearth help TOPIC\` explains ${topicNames()}.`, { hanging: 2 })], style),
  ];
}

/** What `hearth FAMILY --help` shows of commands with two words; undefined when there is no such family. */
export async function familyPage(family: string, style: Style): Promise<string[] | undefined> {
  const members = COMMANDS.filter(({ name }) => name.startsWith(`${family} `));
  if (members.length === 0) return undefined;
  const rows = await Promise.all(members.map(rowOf));
  const more = `\`hearth ${family} COMMAND --help\` explains one of them.`;
  return layOut([text(`Usage: hearth ${family} <command> [options]`), terms(rows), text(more)], style);
}

/** One row for each command; a family of several is one row, too. */
async function rowsOf(commands: readonly CommandEntry[]): Promise<Term[]> {
  const families = new Set(commands.map(familyOf));
  return Promise.all(
    [...families].map((family) =>
      familyRow(
        family,
        commands.filter((command) => familyOf(command) === family),
      ),
    ),
  );
}

async function familyRow(family: string, members: readonly CommandEntry[]): Promise<Term> {
  const [only, ...others] = members;
  if (only !== undefined && others.length === 0) return rowOf(only);
  const verbs = members.map(({ name }) => name.slice(family.length + 1)).join(", ");
  const about = FAMILIES.get(family);
  return { term: `${family} ...`, meaning: about === undefined ? verbs : `${about}: ${verbs}` };
}

async function rowOf({ name, aliases, load }: CommandEntry): Promise<Term> {
  return { term: [name, ...aliases].join(", "), meaning: (await load()).command.summary };
}

function familyOf({ name }: CommandEntry): string {
  return name.split(" ")[0] ?? "";
}

function topicNames(): string {
  return TOPICS.map(({ name }) => name).join(", ");
}
