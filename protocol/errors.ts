// Every error that crosses the socket: its code, its kind, and its words, said once.
import type { Hint } from "./hint.js";

interface ErrorSpec {
  readonly code: number;
  readonly message: string;
  readonly hint: Hint;
}

/**
 * All kinds of errors. Codes below -32099 are JSON-RPC's own, -32800 is the Language Server Protocol's, the rest are
 * Hearth's. Clients tell errors apart by `data.kind` or by code, never by message.
 */
export const ERRORS = {
  "parse-error": {
    code: -32700,
    message: "The bytes received are not a JSON text.",
    hint: "Send UTF-8 JSON, one message a line or with a Content-Length header; `hearth rpc rpc.discover` describes the rest.",
  },
  "invalid-request": {
    code: -32600,
    message: "The message is not a JSON-RPC 2.0 request.",
    hint: 'A request has "jsonrpc": "2.0", a "method" that is a string and an "id" that is a string, a number or null; `hearth rpc rpc.discover` describes the methods.',
  },
  "method-not-found": {
    code: -32601,
    message: "There is no such method.",
    hint: "Call rpc.discover for the methods this daemon serves: `hearth rpc rpc.discover`.",
  },
  "invalid-params": {
    code: -32602,
    message: "The params do not fit the method.",
    hint: "Call rpc.discover for the params of each method, which are passed by name: `hearth rpc rpc.discover`.",
  },
  internal: {
    code: -32603,
    message: "The daemon failed to carry out the request.",
    hint: "See the daemon's log: `hearth daemon logs`.",
  },
  "bad-token": {
    code: -32001,
    message: "The token is not valid.",
    hint: "Read daemon.json again, its token changes; a session's token (HEARTH_TOKEN) ends with its incarnation, and no other home knows it. `hearth doctor` looks at both.",
  },
  "not-attached": {
    code: -32002,
    message: "This connection has not attached.",
    hint: "Call system.attach with the token from daemon.json or HEARTH_TOKEN first, as `hearth rpc METHOD` does.",
  },
  "not-permitted": {
    code: -32003,
    message: "The caller may not do this.",
    hint: "Attach with the operator's token from daemon.json, as `hearth status` does outside of a session.",
  },
  "no-such-agent": {
    code: -32004,
    message: "There is no such agent.",
    hint: "Run `hearth status` to see the agents there are.",
  },
  "not-possible": {
    code: -32005,
    message: "This is not possible in the present state.",
    hint: "Run `hearth status` to see the state.",
  },
  "bad-config": {
    code: -32005,
    message: "The configuration is wrong.",
    hint: "Mend hearth.toml, then run `hearth config check`.",
  },
  "timed-out": {
    code: -32006,
    message: "The time is up.",
    hint: "Ask for the present state with `hearth status`, or wait again with a longer timeout.",
  },
  "storage-unavailable": {
    code: -32007,
    message: "The daemon cannot write to its home.",
    hint: "Free some disk space or mend the home's permissions, as `hearth doctor` tells; the daemon recovers by itself.",
  },
  "shutting-down": {
    code: -32008,
    message: "The daemon is shutting down.",
    hint: "Wait for it to end, then run `hearth daemon start`.",
  },
  "limit-reached": {
    code: -32009,
    message: "A limit has been reached.",
    hint: "Let requests under way finish, or close connections that are not needed; `hearth daemon status` counts them.",
  },
  "frame-too-large": {
    code: -32010,
    message: "The frame is too large.",
    hint: "Send smaller messages; the limit is lower before system.attach. `hearth rpc rpc.discover` tells how large params may be.",
  },
  "no-such-request": {
    code: -32011,
    message: "There is no such request.",
    hint: "Requests that ended long ago are forgotten; `hearth requests` shows the others.",
  },
  cancelled: {
    code: -32800,
    message: "The request was cancelled.",
    hint: "Send it again if the answer is still wanted; `hearth status` shows what came of it.",
  },
} as const satisfies Record<string, ErrorSpec>;

/** What went wrong, in kebab-case: the stable name of an error. */
export type ErrorKind = keyof typeof ERRORS;

/** The `error` member of a JSON-RPC response, as Hearth writes it. */
export interface ErrorObject {
  readonly code: number;
  readonly message: string;
  readonly data: { readonly kind: string; readonly hint: string; readonly [extra: string]: unknown };
}

/** What may be said beside or instead of a kind's own words. */
export interface ErrorWords {
  readonly message?: string;
  readonly hint?: Hint;
  /** Further members of the error's `data`, such as `suggestions`. */
  readonly data?: Readonly<Record<string, unknown>>;
}

/** An error that crosses the socket: thrown by the daemon's methods, and again by the client that called them. */
export class HearthError extends Error {
  override readonly name = "HearthError";
  /** JSON-RPC error code. */
  readonly code: number;
  /** An `ErrorKind`, or a kind this version does not know when the other side is newer. */
  readonly kind: string;
  /** The command or advice that helps. */
  readonly hint: string;
  /** Further members of the error's `data`, such as `suggestions`. */
  readonly data: Readonly<Record<string, unknown>>;

  constructor(error: { code: number; kind: string; message: string; hint: string; data?: ErrorWords["data"] }) {
    super(error.message);
    this.code = error.code;
    this.kind = error.kind;
    this.hint = error.hint;
    this.data = error.data ?? {};
  }
}

function make(kind: ErrorKind, words: ErrorWords = {}): HearthError {
  return new HearthError({ ...ERRORS[kind], kind, ...words });
}

/** -32700: the bytes are not UTF-8, or not JSON. */
export function parseError(why?: string): HearthError {
  return make("parse-error", why === undefined ? {} : { message: why });
}

/** -32600: JSON, but not a request of JSON-RPC 2.0. */
export function invalidRequest(why?: string): HearthError {
  return make("invalid-request", why === undefined ? {} : { message: why });
}

/** -32601. `suggestions` are the names of methods that look alike. */
export function methodNotFound(method: string, suggestions: readonly string[] = []): HearthError {
  return make("method-not-found", {
    message: `There is no method "${method}"${orNearest(suggestions)}.`,
    data: { suggestions },
  });
}

/** -32602. `why` names the field and says what is wrong with it. */
export function invalidParams(why: string, hint?: Hint): HearthError {
  return make("invalid-params", hint === undefined ? { message: why } : { message: why, hint });
}

/** -32603: a defect or a failure of the system; what happened is in the daemon's log, not in the answer. */
export function internal(): HearthError {
  return make("internal");
}

/** -32001: system.attach with a token that is not, or no longer, valid. */
export function badToken(): HearthError {
  return make("bad-token");
}

/** -32002: a method that needs system.attach first. */
export function notAttached(): HearthError {
  return make("not-attached");
}

/** -32003. `what` completes "The caller may not ...", such as `stop agent "db"`. */
export function notPermitted(what: string): HearthError {
  return make("not-permitted", { message: `The caller may not ${what}.` });
}

/**
 * -32003 for an agent that acts on another: names the permission its definition lacks. `verb` is what it tried, such as
 * `poke`; `agent` is the other.
 */
export function mayNotControl(caller: string, verb: string, agent: string): HearthError {
  const permission = `may_control = [${JSON.stringify(agent)}]`;
  return make("not-permitted", {
    message: `Agent "${caller}" may not ${verb} agent "${agent}": its definition does not say ${permission}.`,
    hint: `Add ${permission} to the definition of "${caller}" if it should, then run \`hearth daemon reload\`.`,
    data: { permission },
  });
}

/** -32004. `suggestions` are the names of agents that look alike. */
export function noSuchAgent(name: string, suggestions: readonly string[] = []): HearthError {
  return make("no-such-agent", {
    message: `There is no agent "${name}"${orNearest(suggestions)}.`,
    data: { suggestions },
  });
}

/** -32005. `why` is a sentence that says what stands in the way; `hint` names the command that helps. */
export function notPossible(why: string, hint?: Hint): HearthError {
  return make("not-possible", hint === undefined ? { message: why } : { message: why, hint });
}

/** -32005: it needs a session. Names what brings it up: an agent that has failed is not started unless it is reset, too. */
export function notRunning(agent: string, state: string): HearthError {
  const start = state === "failed" ? "hearth start --reset" : "hearth start";
  return notPossible(`Agent "${agent}" is ${state}.`, `Run \`${start} ${agent}\` first.`);
}

/** -32005 with the kind `bad-config`: hearth.toml or a definition is wrong. `data` may carry file, line, column and key. */
export function badConfig(why: string, words: Omit<ErrorWords, "message"> = {}): HearthError {
  return make("bad-config", { ...words, message: why });
}

/** -32006. `what` completes "The time is up before ...", such as `agent "db" was ready`. */
export function timedOut(what: string): HearthError {
  return make("timed-out", { message: `The time is up before ${what}.` });
}

/** -32007: nothing can be written to the home at present, so nothing can be promised. */
export function storageUnavailable(): HearthError {
  return make("storage-unavailable");
}

/** -32008: the daemon is on its way out and takes no new work. */
export function shuttingDown(): HearthError {
  return make("shutting-down");
}

/**
 * -32009. `what` is a sentence that names the limit, such as "At most 64 connections are served at once."; `way` is what the
 * caller can do and, where the operator may set the limit, its key in hearth.toml.
 */
export function limitReached(what: string, way?: { readonly instead: string; readonly key: string }): HearthError {
  if (way === undefined) return make("limit-reached", { message: what });
  const raise = `raise ${way.key} in [daemon.limits] of hearth.toml`;
  const hint: Hint = `${way.instead}, or ${raise} and run \`hearth daemon reload\`.`;
  return make("limit-reached", { message: what, hint });
}

/** -32010: the connection is closed after this error. */
export function frameTooLarge(maxBytes: number): HearthError {
  return make("frame-too-large", { message: `The frame is larger than ${maxBytes} bytes.`, data: { maxBytes } });
}

/** -32011. */
export function noSuchRequest(id: string): HearthError {
  return make("no-such-request", { message: `There is no request "${id}".` });
}

/** -32800: the caller sent $/cancelRequest. */
export function cancelled(): HearthError {
  return make("cancelled");
}

/** What goes on the wire for anything thrown. What is not a HearthError becomes `internal`, telling nothing of its insides. */
export function toErrorObject(thrown: unknown): ErrorObject {
  const error = thrown instanceof HearthError ? thrown : internal();
  return { code: error.code, message: error.message, data: { ...error.data, kind: error.kind, hint: error.hint } };
}

/** The error a caller gets for the `error` member of a response, also of a foreign or newer daemon. */
export function fromErrorObject(value: unknown): HearthError {
  const { code, message, data } = asRecord(value);
  const { kind, hint, ...rest } = asRecord(data);
  const fallback = kindOfCode(code);
  return new HearthError({
    code: typeof code === "number" ? code : ERRORS[fallback].code,
    kind: typeof kind === "string" ? kind : fallback,
    message: typeof message === "string" ? message : ERRORS[fallback].message,
    hint: typeof hint === "string" ? hint : ERRORS[fallback].hint,
    data: rest,
  });
}

function kindOfCode(code: unknown): ErrorKind {
  const kinds = Object.keys(ERRORS) as ErrorKind[];
  return kinds.find((kind) => ERRORS[kind].code === code) ?? "internal";
}

function asRecord(value: unknown): Record<string, unknown> {
  return typeof value === "object" && value !== null ? (value as Record<string, unknown>) : {};
}

function orNearest(suggestions: readonly string[]): string {
  return suggestions.length === 0 ? "" : `; the nearest: ${suggestions.map((name) => `"${name}"`).join(", ")}`;
}
