// daemon.json, the descriptor: how clients find a daemon and attach to it.

/** Version of the descriptor's shape. Fields may be added to it; what clients rely on only changes with the version. */
export const DESCRIPTOR_VERSION = 1;

/** When a process began, in terms that survive PID reuse, reboots and restarted containers. */
export interface ProcessStart {
  readonly start: string;
  readonly boot: string;
  readonly init: string;
}

/** The content of daemon.json. */
export interface Descriptor {
  readonly version: number;
  readonly pid: number;
  /** With `pid` it names one process; never signal one that does not match. */
  readonly processStart: ProcessStart;
  readonly instanceId: string;
  readonly socketPath: string;
  /** The operator's token, for system.attach. */
  readonly token: string;
  readonly daemonVersion: string;
  readonly protocolVersion: number;
  /** RFC 3339, UTC. */
  readonly startedAt: string;
  readonly logFile: string;
}

/** Why a descriptor cannot be used. */
export type DescriptorFault = "empty" | "half-written" | "not-json" | "newer-version" | "invalid";

/** A descriptor, or why there is none, with a `detail` for people. */
export type ParsedDescriptor =
  | { readonly ok: true; readonly descriptor: Descriptor }
  | { readonly ok: false; readonly reason: DescriptorFault; readonly detail: string };

/** The text of daemon.json. */
export function formatDescriptor(descriptor: Descriptor): string {
  return `${JSON.stringify(descriptor, null, 2)}\n`;
}

/** Reads the text of daemon.json. Fields it does not know are ignored; a higher version is not understood. Never throws. */
export function parseDescriptor(text: string): ParsedDescriptor {
  if (text.trim() === "") return fault("empty", "the file is empty");
  try {
    return validate(JSON.parse(text));
  } catch {
    return looksCutOff(text)
      ? fault("half-written", "the file ends in the middle")
      : fault("not-json", "the file is not JSON");
  }
}

/** More braces were opened than closed, strings (the last of them perhaps without its end) not counted. */
function looksCutOff(text: string): boolean {
  const structure = text.replace(/"(?:[^"\\]|\\.)*(?:"|\\?$)/g, "");
  return count(structure, "{") > count(structure, "}");
}

function count(text: string, character: string): number {
  return text.split(character).length - 1;
}

function validate(value: unknown): ParsedDescriptor {
  if (!isRecord(value)) return fault("invalid", "it is not an object");
  const { version } = value;
  if (!isPositiveInteger(version)) return fault("invalid", '"version" is not a positive integer');
  if (version > DESCRIPTOR_VERSION)
    return fault("newer-version", `its version is ${version}, this client reads up to ${DESCRIPTOR_VERSION}`);
  const wrong = Object.entries(FIELDS).find(([field, isValid]) => !isValid(value[field]));
  if (wrong !== undefined) return fault("invalid", `"${wrong[0]}" is missing or wrong`);
  return { ok: true, descriptor: pick(value) };
}

const FIELDS: { readonly [F in keyof Descriptor]: (value: unknown) => boolean } = {
  version: isPositiveInteger,
  pid: isPositiveInteger,
  processStart: isProcessStart,
  instanceId: isText,
  socketPath: isText,
  token: isText,
  daemonVersion: isText,
  protocolVersion: isPositiveInteger,
  startedAt: isTime,
  logFile: isText,
};

function pick(value: Record<string, unknown>): Descriptor {
  const known = Object.keys(FIELDS).map((field) => [field, value[field]]);
  return Object.fromEntries(known) as Descriptor;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function isPositiveInteger(value: unknown): value is number {
  return Number.isSafeInteger(value) && Number(value) > 0;
}

function isText(value: unknown): boolean {
  return typeof value === "string" && value !== "" && !value.includes("\0");
}

function isTime(value: unknown): boolean {
  return typeof value === "string" && !Number.isNaN(Date.parse(value));
}

// `boot` and `init` are empty where the system has no such thing.
function isProcessStart(value: unknown): boolean {
  return isRecord(value) && isText(value.start) && typeof value.boot === "string" && typeof value.init === "string";
}

function fault(reason: DescriptorFault, detail: string): ParsedDescriptor {
  return { ok: false, reason, detail };
}
