// What the doctor says about the home: whose it is, who else could write there, and how much room there is.
import type { HomeOrigin } from "../../paths.js";
import { formatSize } from "../render/size.js";
import { type Finding, fine, note, problem } from "./finding.js";
import { shellWord } from "./shell-word.js";

export interface HomeFacts {
  readonly home: string;
  readonly origin: HomeOrigin;
  readonly exists: boolean;
  /** Why neither client nor daemon would use it. */
  readonly refusal: Refusal | null;
  /** Why what lies above it is not trusted. */
  readonly parents: Refusal | null;
  /** Those of Hearth's files and directories that are there. */
  readonly entries: readonly Entry[];
  /** Null where files have no owners in this sense (Windows). */
  readonly user: number | null;
  /** The file system of the home, and that of the logs where it is another. */
  readonly volumes: readonly Volume[];
}

export interface Refusal {
  readonly message: string;
  readonly hint: string;
}

export interface Entry {
  readonly path: string;
  readonly uid: number;
  /** Type and permissions, as stat(2) has them. */
  readonly mode: number;
  readonly kind: "directory" | "file" | "descriptor" | "socket";
  /** When it was written, in unix milliseconds. */
  readonly writtenAt: number;
}

export interface Volume {
  readonly holds: string;
  readonly freeBytes: number;
  /** Files that can still be made; null where they are not counted. */
  readonly freeFiles: number | null;
}

export function examineHome(facts: HomeFacts): readonly Finding[] {
  return [home(facts), ...rights(facts), room(facts), inodes(facts)];
}

const ORIGINS: Readonly<Record<HomeOrigin, string>> = {
  explicit: "named by --home",
  environment: "named by HEARTH_HOME",
  project: "beside the nearest hearth.toml",
  user: "your own",
};

function home({ home, origin, exists, refusal }: HomeFacts): Finding {
  if (refusal !== null) return problem("home", refusal.message, refusal.hint);
  const seen = `${home} (${ORIGINS[origin]})`;
  if (exists) return fine("home", seen);
  return note("home", `${seen} does not exist yet`, "run `hearth daemon start`, which makes it");
}

/** A home that was named is used all the same: whoever named it knows where it lies. */
function parents({ parents, origin, refusal }: HomeFacts): Finding {
  if (parents === null) return fine("parents", "nobody else can put another directory in its place");
  const isNamed = origin === "explicit" || origin === "environment";
  // What was found is refused because of them, which is said already.
  if (isNamed || parents.message === refusal?.message) return note("parents", parents.message, parents.hint);
  return problem("parents", parents.message, parents.hint);
}

/** Whoever can read the descriptor can act as the operator. */
const FOR_OTHERS = 0o077;
const OWN_FILE = 0o600;
const OWN_DIRECTORY = 0o700;

function rights(facts: HomeFacts): readonly Finding[] {
  const { user } = facts;
  if (user !== null) return [parents(facts), ...files({ ...facts, user })];
  return [fine("files", "who may read and write them is not looked at on this system")];
}

type OwnedFacts = HomeFacts & { readonly user: number };

function files(facts: OwnedFacts): readonly Finding[] {
  const wrong = [...foreign(facts), ...open(facts), ...locked(facts)];
  if (wrong.length > 0) return wrong;
  return [fine("files", facts.entries.length === 0 ? "there are none yet" : "they are yours alone")];
}

function foreign({ home, entries, user }: OwnedFacts): readonly Finding[] {
  const [first, ...others] = entries.filter(({ uid }) => uid !== user);
  if (first === undefined) return [];
  const seen = `${first.path}${andMore(others)} belongs to user ${first.uid}, not to you (user ${user})`;
  return [problem("files", seen, `run \`sudo chown -R ${user} ${shellWord(home)}\``)];
}

function open({ entries, user }: OwnedFacts): readonly Finding[] {
  const keys = entries.filter(({ uid, kind }) => uid === user && (kind === "descriptor" || kind === "socket"));
  const exposed = keys.filter(({ mode }) => (mode & FOR_OTHERS) !== 0);
  return exposed.map(({ path, mode }) => {
    const seen = `${path} is open to others (mode ${(mode & 0o777).toString(8)}), who could act as you`;
    return problem("files", seen, `run \`chmod 600 ${shellWord(path)}\``);
  });
}

/** What its own owner may not use; root may use everything. */
function locked({ home, entries, user }: OwnedFacts): readonly Finding[] {
  if (user === 0) return [];
  const shut = entries.filter(({ uid, mode, kind }) => {
    const needed = kind === "directory" ? OWN_DIRECTORY : OWN_FILE;
    return uid === user && (mode & needed) !== needed;
  });
  const [first, ...others] = shut;
  if (first === undefined) return [];
  const seen = `${first.path}${andMore(others)} may not be read and written even by you`;
  return [problem("files", seen, `run \`chmod -R u+rwX ${shellWord(home)}\``)];
}

function andMore(others: readonly Entry[]): string {
  return others.length === 0 ? "" : ` (and ${others.length} more)`;
}

/** Less than one log at its usual limit: the daemon may be degraded at any moment. */
const LITTLE_ROOM_BYTES = 100_000_000;
/** A few logs with their backups. */
const SOME_ROOM_BYTES = 1_000_000_000;

function room({ volumes }: HomeFacts): Finding {
  const seen = volumes.map(({ holds, freeBytes }) => `${formatSize(freeBytes)} free for ${holds}`).join(", ");
  if (volumes.length === 0) return note("disk-space", "it cannot be read", "see what `df -h` says");
  const least = volumes.reduce((a, b) => (b.freeBytes < a.freeBytes ? b : a));
  const advice = `run \`df -h ${shellWord(least.holds)}\`, and free some; log_max_size and log_max_files in hearth.toml bound the logs`;
  if (least.freeBytes < LITTLE_ROOM_BYTES) return problem("disk-space", seen, advice);
  return least.freeBytes < SOME_ROOM_BYTES ? note("disk-space", seen, advice) : fine("disk-space", seen);
}

const FEW_FILES = 1_000;
const SOME_FILES = 10_000;

function inodes({ volumes }: HomeFacts): Finding {
  const counted = volumes.flatMap(({ holds, freeFiles }) => (freeFiles === null ? [] : [{ holds, freeFiles }]));
  const [first, ...others] = counted;
  if (first === undefined) return fine("inodes", "this file system does not count them");
  const least = others.reduce((a, b) => (b.freeFiles < a.freeFiles ? b : a), first);
  const seen = `${least.freeFiles} files can still be made for ${least.holds}`;
  const advice = `run \`df -i ${shellWord(least.holds)}\`, and remove files that nobody needs`;
  if (least.freeFiles < FEW_FILES) return problem("inodes", seen, advice);
  return least.freeFiles < SOME_FILES ? note("inodes", seen, advice) : fine("inodes", seen);
}
