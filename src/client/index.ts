// The public entry point `hearthd/client`: find a daemon, call it, listen to it, start and stop it.

export { HearthError } from "../../protocol/errors.js";
export type { MethodName, Params, Result } from "../../protocol/methods.js";
export {
  type AgentNotice,
  Client,
  type ConnectOptions,
  connect,
  connectTo,
  type EventNotification,
  type LogNotification,
} from "./client.js";
export type { CallOptions } from "./connection.js";
export { type DiscoverOptions, discover, type Endpoint, resolveEndpoint, type Whereabouts } from "./discover.js";
export { type Ended, type EndOptions, endDaemon } from "./end.js";
export { ClientError, type ClientErrorKind } from "./errors.js";
export { type Launched, type LaunchOptions, launch } from "./launch.js";
export { type Probe, type ProbeOptions, probe } from "./probe.js";
export { type Backoff, RECONNECT } from "./reconnect.js";
export { restartDaemon } from "./restart-daemon.js";
export type { Subscription } from "./subscription.js";
export type { Survivor } from "./survivors.js";
