export { callFaults } from "./faults.ts";
export { callMigrations } from "./migrations.ts";

export {
  type NewServer,
  type Server,
  type ServerChange,
  type ServerState,
  type ServerStatus,
  type ApiFace,
  type SecretRef,
  type SecretRefs,
  type ServerKind,
  type SyncError,
  type SyncErrorDetails,
  type ServerTransport,
  apiFaces,
  serverTransports,
} from "./servers/server.ts";
export {
  headerNameProblem,
  headerValueRule,
  isHeaderValue,
  maxHeaders,
  maxHeaderValueLength,
} from "./servers/header-rules.ts";
export {
  limitBounds,
  syncIntervalBounds,
  type CallLimits,
  type ServerLimits,
  type TimedLimits,
} from "./servers/server-limits.ts";
export {
  attentionOf,
  shownStatuses,
  shownStatusOf,
  type Attention,
  type ShownStatus,
} from "./servers/attention.ts";
export { authAddresses, authProblems } from "./servers/auth-rules.ts";
export { assertKindFits, kindProblems } from "./servers/kind-rules.ts";
export { type EndedAccounts } from "./servers/ended-accounts.ts";
export { secretPlaces, type SecretChange } from "./servers/server-secrets.ts";
export { authOf, targetOf } from "./servers/target-of.ts";
export { readServerSecrets, type ServerSecrets } from "./servers/read-secrets.ts";
export { serverSealedColumns } from "./servers/server-headers.ts";
export { type StoredServer } from "./servers/server-row.ts";
export { holdServers, slugOfServer } from "./servers/hold-servers.ts";
export { knownTools } from "./catalog/known-tools.ts";
export { createServerStore, type ServerPage, type ServerStore } from "./servers/server-store.ts";

export { createCatalog, speaks, type Catalog, type CatalogServer } from "./catalog/catalog.ts";
export {
  createDefinitionStore,
  type DefinitionStore,
  type DefinitionStoreOptions,
} from "./catalog/definition-store.ts";
export { fingerprintRule, isFingerprint } from "./catalog/fingerprint.ts";
export { createDefinitionReviews, type DefinitionReviews } from "./reviews/definition-reviews.ts";
export {
  shownReviewStates,
  type Approval,
  type DefinitionReview,
  type ServerReviews,
  type ShownReviewState,
} from "./reviews/review.ts";
export {
  readServerDecisions,
  type ServerDecisions,
  type StandingApproval,
} from "./reviews/server-decisions.ts";
export { type Rejection } from "./reviews/expect-rejections.ts";
export { canonicalJson } from "./canonical-json.ts";
export { differenceOf } from "./reviews/difference.ts";
export { type ApprovalChanges } from "./reviews/expect.ts";
export { type Selection } from "./reviews/selection.ts";
export { foldName } from "./reviews/folded-name.ts";
export { type OnRenamed, type Rename } from "./reviews/renames.ts";
export {
  definitionKinds,
  definitionNameRule,
  isDefinitionName,
  isLive,
  listMethodOf,
  reviewStates,
  toolClasses,
  type Definition,
  type DefinitionKind,
  type FoundDefinition,
  type ReviewState,
  type ToolClass,
} from "./catalog/definition.ts";
export {
  aliasRule,
  curationModes,
  entryOf,
  everything,
  isAlias,
  isSwitchedOn,
  type Curation,
  type CurationEntry,
} from "./catalog/curation.ts";
export { toAliasName, type Naming } from "./catalog/public-name.ts";
export { isReservedName } from "./catalog/reserved-name.ts";
export { limitUiHosts, parseUiHost, uiHostRule } from "./catalog/ui-hosts.ts";
export { isShownAsCode, type CodeToolNames, type CodeTools } from "./catalog/code-tools.ts";
export { createOffering, createScope, type Offering } from "./catalog/offering.ts";
export { upstreamEra, type Withheld, type WithheldReason } from "./catalog/share.ts";
export { narrowScope, type ScopePart } from "./catalog/narrow-scope.ts";
export { namesPages } from "./catalog/public-uris.ts";
export { changedKinds } from "./catalog/share-changes.ts";
export type { Capability, Scope, ScopeEntry } from "./catalog/scope.ts";

export { createUpstreams, type Upstreams, type UpstreamsOptions } from "./upstreams/upstreams.ts";
export { ListWatches, type ListWatchesOptions } from "./upstreams/list-watches.ts";
export { tellsOfResources } from "./catalog/tells-of-resources.ts";
export { watchServer, type WatchOptions } from "./upstreams/watch.ts";
export { createSyncer, type SyncAttempt, type Syncer } from "./upstreams/sync.ts";
export { createSyncTrigger, type SyncTrigger } from "./upstreams/sync-trigger.ts";
export { type SyncReason } from "./upstreams/due-syncs.ts";

export {
  type Admitted,
  type Answer,
  type AskedQuestion,
  type CallerSession,
  type ClientQuestion,
  type LocalTarget,
  type OwnResource,
  type OwnTool,
  type OwnToolCall,
  type PortalAddress,
  type PortalView,
  type Received,
  type Target,
} from "./call.ts";
export type { Acting } from "./credentials/acting.ts";
export { ownerOf } from "./credentials/owner-of.ts";
export {
  createPersonalLists,
  type PersonalLists,
  type PersonalListsOptions,
} from "./personal/personal-lists.ts";
export { differsByOwner } from "./personal/list-owners.ts";
export { ownScope } from "./personal/own-scope.ts";
export { type OwnEntry } from "./personal/own-entry.ts";
export type { CallCredentials, CallLinks } from "./credentials/ports.ts";
export { type CallApprovals } from "./approval/call-approvals.ts";
export { callerOf } from "./policy/caller-of.ts";
export { createCallPolicy, type CallPolicy, type CallPolicyOptions } from "./policy/call-policy.ts";
export { fitsServer, knownScope } from "./policy/known-scope.ts";
export { placeOf } from "./policy/use-of-call.ts";
export { policyDenied } from "./policy/refusals.ts";
export {
  askOwnCaller,
  hearOwnRetry,
  openOwnState,
  type OwnAsked,
  type OwnAsking,
} from "./asking/ask-own-caller.ts";
export { type AskedErrand, type ErrandState } from "./asking/errand.ts";
export { errandNoteOf, errandOf, type ErrandNote } from "./asking/errand-note.ts";
export { errandsSeenTo } from "./asking/seen-to.ts";
export {
  childOriginOf,
  type ChildCalls,
  type ChildOrigin,
  type ChildOutcome,
  type ChildRequest,
  type DispatchedChild,
} from "./children/child-calls.ts";
export { childCalls } from "./children/make-child-calls.ts";
export { runCall, type Outcome } from "./run-call.ts";
export { announcementKey } from "./stages/announce.ts";
export { unknownPortal } from "./stages/enter.ts";
export { type Arrival, type CallPorts, type CallSummary, type HeldCall } from "./stages/stage.ts";
export { hear } from "./server-messages/hear.ts";
export { anyProgress } from "./server-messages/identify.ts";
export { serverMessageStages, type HearPorts } from "./server-messages/stages.ts";
export { MinuteBudget } from "./server-messages/question-budget.ts";
export { sessionQuestions, type SessionQuestions } from "./server-messages/session-questions.ts";
export { type Listener, type ServerExchange } from "./server-messages/exchange.ts";
export { allowedFeatures } from "./server-messages/judge.ts";
export { parseTaskId, toPublicTaskId, type ServerTask, type TaskOwner } from "./tasks/task-id.ts";
export { createTaskNews, type TaskNews } from "./tasks/task-news.ts";
export { listenerOf } from "./cells/request.ts";
export { type RecordPorts } from "./server-messages/record.ts";
export { createRequestStates, type RequestStates } from "./request-state/request-states.ts";
export { createLinePool, type LinePool } from "./upstreams/line-pool.ts";
export { createConversations, type Conversations } from "./conversations/conversations.ts";
export { createCallLimiter, type CallLimiter, type CallLimiterOptions } from "./limits/call-limiter.ts";
export { createCircuits, type Circuits } from "./limits/circuits.ts";
export { callStages } from "./stages/table.ts";
