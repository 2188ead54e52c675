// The public entry point `hearthd/protocol`: everything a client in JavaScript needs to speak to the daemon by itself.
export {
  DESCRIPTOR_VERSION,
  type Descriptor,
  type DescriptorFault,
  formatDescriptor,
  type ParsedDescriptor,
  type ProcessStart,
  parseDescriptor,
} from "./descriptor.js";
export { ERRORS, type ErrorKind, type ErrorObject, fromErrorObject, HearthError, toErrorObject } from "./errors.js";
export {
  EVENT_TYPES,
  type EventData,
  type EventType,
  events,
  type HearthEvent,
  matchEventType,
  type Notification,
  type NotificationName,
  notifications,
} from "./events.js";
export type { Frame } from "./frame.js";
export {
  encode,
  encodeText,
  FrameDecoder,
  type Framing,
  MAX_FRAME_BYTES,
  MAX_FRAME_BYTES_BEFORE_ATTACH,
} from "./framing.js";
export { isFinal, LIFECYCLE_ACTIONS, MAX_HANDOFF_BYTES, MAX_KEY_LENGTH, REQUEST_STATES } from "./lifecycle.js";
export {
  type Access,
  type AgentDefinition,
  type AgentState,
  type AgentStatus,
  type CheckedParams,
  type DaemonStatus,
  isMethodName,
  type LifecycleAction,
  type LifecycleRequest,
  type MethodName,
  type MethodSpec,
  methods,
  type NamedAgentDefinition,
  type Params,
  type RequestState,
  type Result,
  type SignalName,
} from "./methods.js";
export { isGlob, matchGlob, parseAgentGlob, parseAgentName } from "./names.js";
export { flawInPokeText, flawInStdinText, MAX_POKE_BYTES } from "./poke-text.js";
export { parseDurationMs, parseSizeBytes } from "./units.js";
export { check, checkParams, type Flaw, formatFlaw } from "./validate.js";
export { DAEMON_VERSION, PROTOCOL_VERSION } from "./version.js";
