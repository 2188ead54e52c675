// The public entry point `hearthd/client`: find a daemon or start it, call it, listen to it.

export type {
  AgentDefinition,
  AgentStatus,
  DaemonStatus,
  Events,
  EventType,
  Happening,
  LifecycleRequest,
  MethodName,
  Notification,
  Params,
  Result,
} from "../../protocol/calls.js";
export { HearthError } from "../../protocol/errors.js";
export { ClientError, type ClientErrorKind } from "../client-error.js";
export { type AgentNotice, type Client, connectTo, type EventNotification, type LogNotification } from "./client.js";
export { type ConnectOrStartOptions as ConnectOptions, connectOrStart as connect } from "./connect-or-start.js";
export { type DiscoverOptions, discover, type Endpoint, resolveEndpoint, type Whereabouts } from "./discover.js";
export { type Launched, type LaunchOptions, launch } from "./launch.js";
export type { CallOptions } from "./limit.js";
export { type Probe, type ProbeOptions, probe } from "./probe.js";
export { type Backoff, RECONNECT } from "./reconnect.js";
export type { Subscription } from "./subscription.js";
