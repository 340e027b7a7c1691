export { callFaults } from "./faults.ts";
export { callMigrations } from "./migrations.ts";

export {
  type NewServer,
  type Server,
  type ServerChange,
  type ServerState,
  type ServerStatus,
} from "./servers/server.ts";
export {
  createServerStore,
  serverSealedColumns,
  type ServerStore,
  type StoredServer,
} from "./servers/server-store.ts";

export { createCatalog, speaks, type Catalog, type CatalogServer } from "./catalog/catalog.ts";
export { createDefinitionStore, type DefinitionStore } from "./catalog/definition-store.ts";
export { type Definition } from "./catalog/definition.ts";
export { isReservedName } from "./catalog/reserved-name.ts";
export { limitUiHosts, parseUiHost, uiHostRule } from "./catalog/ui-hosts.ts";
export { createScope, upstreamEra, type Capability, type Naming, type Scope } from "./catalog/scope.ts";

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
  type OwnTool,
  type PortalView,
  type Received,
  type Target,
} from "./call.ts";
export { runCall, type Outcome } from "./run-call.ts";
export { type CallPorts, type CallSummary } from "./stages/stage.ts";
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
export { CallsUnderWay } from "./under-way.ts";
export { callStages } from "./stages/table.ts";
