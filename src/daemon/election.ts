// The election's decisions as a pure function: what a candidate does next, given what it has just seen.
//
// Leadership of generation g is the file `lock.g`. A candidate looks at the highest one, yields if its owner is alive,
// otherwise creates the next and checks that nobody went higher meanwhile. Only the shell in lock.ts touches files.

/** A generation's lock as a candidate saw it; the owner is null when the file names none that could be asked. */
export interface Seen<Owner> {
  readonly generation: number;
  readonly owner: Owner | null;
}

/** What a candidate does next. */
export type Step<Owner> =
  /** Read the highest generation. */
  | { readonly do: "scan" }
  /** Ask whether the owner of that generation is alive. */
  | { readonly do: "probe"; readonly generation: number; readonly owner: Owner }
  /** Create the lock of this generation, unless it exists. */
  | { readonly do: "claim"; readonly generation: number }
  /** Look whether the generation just created is still the highest. */
  | { readonly do: "verify"; readonly generation: number }
  /** Remove the own lock: a higher generation exists. */
  | { readonly do: "withdraw"; readonly generation: number }
  | { readonly do: "lead"; readonly generation: number }
  /** Leave it to that owner; `reachable` tells whether its socket took a connection. */
  | { readonly do: "yield"; readonly to: Owner; readonly reachable: boolean };

/** What a step brought to light; each step has answers of its own. */
export type Finding<Owner> =
  | { readonly found: "newest"; readonly newest: Seen<Owner> | null }
  | { readonly found: "reachable" | "unreachable" | "dead" }
  | { readonly found: "created" | "exists" }
  | { readonly found: "highest"; readonly generation: number }
  | { readonly found: "withdrawn" };

/** The steps that end the election. */
export type Outcome<Owner> = Extract<Step<Owner>, { do: "lead" | "yield" }>;

/** The steps after which a candidate has something to find out. */
export type OpenStep<Owner> = Exclude<Step<Owner>, Outcome<Owner>>;

/**
 * Decides the step that follows `step` after `finding`. Checked for every interleaving of three candidates that may crash
 * at any step (election.test.ts): never two live leaders.
 * @throws {Error} when the finding does not answer the step, which only a mistake in the shell can cause.
 */
export function nextStep<Owner>(step: OpenStep<Owner>, finding: Finding<Owner>): Step<Owner> {
  switch (step.do) {
    case "scan":
      if (finding.found === "newest") return afterScan(finding.newest);
      break;
    case "probe":
      if (finding.found === "dead") return { do: "claim", generation: step.generation + 1 };
      if (finding.found === "reachable") return { do: "yield", to: step.owner, reachable: true };
      if (finding.found === "unreachable") return { do: "yield", to: step.owner, reachable: false };
      break;
    case "claim":
      if (finding.found === "created") return { do: "verify", generation: step.generation };
      if (finding.found === "exists") return { do: "scan" };
      break;
    case "verify":
      if (finding.found === "highest") return afterVerify(step.generation, finding.generation);
      break;
    case "withdraw":
      if (finding.found === "withdrawn") return { do: "scan" };
      break;
  }
  throw new Error(`the election's step "${step.do}" cannot find "${finding.found}"`);
}

/**
 * A lock that names no owner is a dead generation: link(2) publishes complete files only, so a live owner's is always
 * readable, and what a person or a power cut left there must not wedge every later start.
 */
function afterScan<Owner>(newest: Seen<Owner> | null): Step<Owner> {
  if (newest === null) return { do: "claim", generation: 1 };
  if (newest.owner === null) return { do: "claim", generation: newest.generation + 1 };
  return { do: "probe", generation: newest.generation, owner: newest.owner };
}

/** Lower than one's own means that somebody wiped the directory: the lock is gone, so nothing is held. */
function afterVerify<Owner>(own: number, highest: number): Step<Owner> {
  if (highest === own) return { do: "lead", generation: own };
  return highest > own ? { do: "withdraw", generation: own } : { do: "scan" };
}
