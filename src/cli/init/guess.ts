// What a project without any list of programs probably runs, from the files it has.
import { asText, parseObject } from "./json.js";
import { type Findings, type Found, type Project, shellCommand } from "./proposal.js";

interface Guess {
  /** One of these has to be there. */
  readonly files: readonly string[];
  readonly command: (file: string, project: Project) => string | null;
}

/** In this order: the more a file says about how it is run, the earlier. */
const GUESSES: readonly Guess[] = [
  { files: ["manage.py"], command: () => "python3 manage.py runserver" },
  { files: ["config.ru"], command: () => "bundle exec rackup" },
  { files: ["Cargo.toml"], command: () => "cargo run --release" },
  { files: ["go.mod"], command: (_, { names }) => (names.has("main.go") ? "go run ." : null) },
  { files: ["mix.exs"], command: () => "mix run --no-halt" },
  { files: ["package.json"], command: mainOfPackage },
  ...[".mjs", ".js", ".cjs"].map((extension) => ({
    files: ["server", "app", "main", "index"].map((name) => `${name}${extension}`),
    command: (file: string) => `node ${file}`,
  })),
  {
    files: ["server.py", "app.py", "main.py", "bot.py", "agent.py"],
    command: (file, { names }) => `${names.has("uv.lock") ? "uv run " : ""}python3 ${file}`,
  },
  { files: ["run.sh", "start.sh"], command: (file) => `sh ${file}` },
];

/** The first guess that the project's files allow. */
export function fromGuess(project: Project): Findings | null {
  for (const { files, command } of GUESSES) {
    for (const file of files.filter((name) => project.names.has(name))) {
      const line = command(file, project);
      if (line !== null) return { source: file, agents: [guessed(project, line, file)] };
    }
  }
  return null;
}

function guessed({ directory }: Project, line: string, file: string): Found {
  return {
    name: directory.replace(/^.*[/\\]/, "") || "app",
    settings: { command: shellCommand(line), autostart: true },
    remarks: [`A guess, since there is ${file}: correct it if it is wrong.`],
  };
}

function mainOfPackage(_file: string, project: Project): string | null {
  const main = asText(parseObject(project.read("package.json"))?.main);
  return main === null || project.read(main) === null ? null : `node ${main}`;
}
