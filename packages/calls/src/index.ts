export { callFaults } from "./faults.ts";
export { callMigrations } from "./migrations.ts";

export { type NewServer, type Server, type ServerState, type ServerStatus } from "./servers/server.ts";
export {
  createServerStore,
  serverSealedColumns,
  type ServerStore,
  type StoredServer,
} from "./servers/server-store.ts";

export { createCatalog, speaks, type Catalog, type CatalogServer } from "./catalog/catalog.ts";
export { createDefinitionStore, type DefinitionStore } from "./catalog/definition-store.ts";
export { type Definition } from "./catalog/definition.ts";
export { createScope, type Capability, type Naming, type Scope } from "./catalog/scope.ts";

export { createUpstreams, type Upstreams, type UpstreamsOptions } from "./upstreams/upstreams.ts";
export { createSyncer, type Syncer } from "./upstreams/sync.ts";

export {
  type Admitted,
  type Answer,
  type CallerSession,
  type LocalTarget,
  type PortalView,
  type Received,
  type Target,
} from "./call.ts";
export { runCall, type Outcome } from "./run-call.ts";
export { type CallPorts, type CallSummary } from "./stages/stage.ts";
export { CallsUnderWay } from "./under-way.ts";
export { callStages } from "./stages/table.ts";
