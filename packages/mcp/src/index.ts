export { mcpFaults } from "./faults.ts";

export { pathTree, spansAt, spansIn, type Path, type PathTree } from "./json/path.ts";
export { arrayElements, assertUnambiguous, edit, objectMembers, type Edit, type Span } from "./json/scan.ts";
export { isObjectText, withMemberAt, withMembers, type MemberChanges } from "./json/members.ts";
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
export { encodeHeaderValue } from "./era/header-value.ts";
export {
  assertParamHeaders,
  assertSentParamHeaders,
  paramHeadersOf,
  toParamHeaders,
  unmarkedParamHeaders,
  type ParamHeader,
} from "./era/param-headers.ts";
export {
  findMethod,
  methods,
  type CapabilityKind,
  type LocalMethod,
  type Method,
  type MethodSpec,
  type TargetKind,
} from "./methods.ts";

export { capabilitiesFor, tasksExtension } from "./bridge/capabilities.ts";
export { capabilityMissing, declaresTasks } from "./bridge/missing-capability.ts";
export { clientFeatures, declares, featureOf, type ClientFeature } from "./bridge/client-features.ts";
export { toLegacyError, toModernError, withoutPages } from "./bridge/errors.ts";
export {
  inputRequestsOf,
  inputRequiredText,
  inputResponsesOf,
  maxInputRequests,
  parseInputRequired,
  requestStateOf,
  withRequestState,
  type InputRequest,
  type InputRequired,
} from "./bridge/input-required.ts";
export { toLegacyTool, toLegacyToolResult } from "./bridge/legacy-tools.ts";
export { isAtLeast, isLogLevel, logLevels, type LogLevel } from "./bridge/log-levels.ts";
export { withProgressToken, withSubscriptionId, withUri } from "./bridge/notifications.ts";
export { toLegacyParams, toModernParams, type ModernEnvelope, type Retry } from "./bridge/params.ts";
export { toModernResult, withPrivateCache } from "./bridge/results.ts";
export {
  elicitationUrlOf,
  isOpenableUrl,
  urlElicitationsOf,
  withElicitationId,
  withoutElicitationId,
  type UrlElicitation,
} from "./bridge/url-elicitation.ts";

export {
  eventStreamHeaders,
  keepAliveComment,
  keepAliveMs,
  messageEvent,
  primingEvent,
} from "./sse/write.ts";

export { abortable } from "./upstream/abortable.ts";
export {
  defaultUpstreamLimits,
  type Channel,
  type ChannelRequest,
  type ListenEnd,
  type ListenOptions,
  type OpenedStream,
  type ServerHello,
  type UpstreamLimits,
  type UpstreamTarget,
} from "./upstream/channel.ts";
export {
  type AboutRequest,
  type CredentialsRefusal,
  type UpstreamCredentials,
} from "./upstream/credentials.ts";
export { type OnMessage } from "./upstream/hand-on.ts";
export {
  type KeptSession,
  type LegacyChannelOptions,
  type SessionKeeper,
} from "./upstream/legacy-session.ts";
export { type LegacyClient } from "./upstream/legacy.ts";
export { listAll, type ListSpec } from "./upstream/list.ts";
export { type LocalReply, type LocalRequest, type LocalServer } from "./upstream/local-server.ts";
export { countUp, createModernChannel, type ClientIdentity } from "./upstream/modern.ts";
export { openLegacyChannel, type LegacyTransport, type Probed } from "./upstream/probe.ts";
export { addressBelow, findServer, type FoundBelow, type FoundServer } from "./upstream/find-server.ts";
export { toUpstreamFault } from "./upstream/upstream-fault.ts";
