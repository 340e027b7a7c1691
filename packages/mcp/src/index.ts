export { mcpFaults } from "./faults.ts";

export { arrayElements, assertUnambiguous, edit, objectMembers, type Edit, type Span } from "./json/scan.ts";
export {
  decodeBody,
  errorText,
  isObject,
  memberOf,
  memberText,
  notificationText,
  paramText,
  parseMessage,
  requestText,
  resultText,
  type ErrorMessage,
  type JsonObject,
  type Message,
  type NotificationMessage,
  type RequestId,
  type RequestMessage,
  type ResponseMessage,
  type ResultMessage,
} from "./jsonrpc/message.ts";
export { rpcCodes, toWireError, toldCodes, type WireError } from "./jsonrpc/error.ts";

export {
  assumedLegacyVersion,
  isLegacyVersion,
  isModernVersion,
  latestLegacyVersion,
  latestModernVersion,
  legacyVersions,
  metaKeys,
  modernVersions,
  type Era,
  type LegacyVersion,
  type ModernVersion,
} from "./versions.ts";
export { classify, type Protocol, type ProtocolHeaders } from "./era/classify.ts";
export { assertParamHeaders, paramHeadersOf, toParamHeaders, type ParamHeader } from "./era/param-headers.ts";
export {
  findMethod,
  methods,
  type CapabilityKind,
  type LocalMethod,
  type Method,
  type MethodSpec,
  type TargetKind,
} from "./methods.ts";

export { eventStreamHeaders, keepAliveComment, keepAliveMs, messageEvent } from "./sse/write.ts";

export { abortable } from "./upstream/abortable.ts";
export {
  defaultUpstreamLimits,
  type Channel,
  type ChannelRequest,
  type ServerHello,
  type UpstreamLimits,
  type UpstreamTarget,
} from "./upstream/channel.ts";
export { type LegacyClient } from "./upstream/legacy.ts";
export { listAll, type ListSpec } from "./upstream/list.ts";
export { createModernChannel, type ClientIdentity } from "./upstream/modern.ts";
export { openLegacyChannel, probe, type LegacyTransport, type Probed } from "./upstream/probe.ts";
