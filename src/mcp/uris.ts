// The addresses of resources: hearth://agents, hearth://agents/NAME/status, hearth://agents/NAME/log.

/** What a resource shows. */
export type Shown =
  | { readonly of: "agents" }
  | { readonly of: "status"; readonly agent: string }
  | { readonly of: "log"; readonly agent: string };

export const AGENTS_URI = "hearth://agents";
export const STATUS_TEMPLATE = "hearth://agents/{name}/status";
export const LOG_TEMPLATE = "hearth://agents/{name}/log";

/** The one way to write an address; a `/` in a name is `%2F`. */
export function uriOf(shown: Shown): string {
  return shown.of === "agents" ? AGENTS_URI : `${AGENTS_URI}/${encodeURIComponent(shown.agent)}/${shown.of}`;
}

/** Null for what is no address of a resource; `%2f` is as good as `%2F`. */
export function parseUri(uri: string): Shown | null {
  if (uri === AGENTS_URI) return { of: "agents" };
  const [, name, of] = /^hearth:\/\/agents\/([^/]+)\/(status|log)$/.exec(uri) ?? [];
  const agent = name === undefined ? null : decoded(name);
  return agent === null ? null : { of: of === "log" ? "log" : "status", agent };
}

function decoded(name: string): string | null {
  try {
    return decodeURIComponent(name);
  } catch {
    return null;
  }
}
