// What can happen to `hearth top`, and what comes of it.
import type { Happening } from "../../../protocol/calls.js";
import type { AgentStatus, DaemonStatus, LifecycleRequest } from "../../../protocol/methods.js";
import type { Action } from "./keys.js";
import type { Message, Model, Size, Trouble } from "./model.js";

/** Something that happened. */
export type Input =
  | { readonly kind: "key"; readonly key: string }
  | { readonly kind: "pasted"; readonly text: string }
  | { readonly kind: "resized"; readonly size: Size }
  | { readonly kind: "connected"; readonly daemon: DaemonStatus; readonly agents: readonly AgentStatus[] }
  | { readonly kind: "lost"; readonly trouble: Trouble }
  | { readonly kind: "event"; readonly event: Happening }
  /** Some events never arrived. */
  | { readonly kind: "lagged" }
  /** The daemon's account of everything, of some agents, or that one is not there any more. */
  | { readonly kind: "listed"; readonly daemon: DaemonStatus; readonly agents: readonly AgentStatus[] }
  | { readonly kind: "told"; readonly agents: readonly AgentStatus[] }
  | { readonly kind: "vanished"; readonly agent: string }
  /** The last lines of a log, in place of those that were known, or further ones. */
  | { readonly kind: "log-began" | "log-grew"; readonly agent: string; readonly lines: readonly string[] }
  /** What an action came to. */
  | { readonly kind: "answered"; readonly message: Message; readonly request?: LifecycleRequest };

/** What the shell is to do. */
export type Effect =
  /** `message`: what a poke says; null: what its definition says. */
  | { readonly kind: "call"; readonly action: Action; readonly agent: string; readonly message: string | null }
  | { readonly kind: "refresh"; readonly agents: readonly string[] | "all" }
  | { readonly kind: "quit"; readonly code: number }
  | { readonly kind: "suspend" | "repaint" };

export interface Step {
  readonly model: Model;
  readonly effects: readonly Effect[];
}

/** Changes nothing but the model. */
export function same(model: Model): Step {
  return { model, effects: [] };
}
