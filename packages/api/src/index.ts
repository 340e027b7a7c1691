export { createApi } from "./api.ts";
export type { ApiPorts } from "./ports.ts";
export { apiFaults } from "./faults.ts";
export { apiMigrations } from "./migrations.ts";
export { idempotencySealedColumns } from "./idempotency/idempotency.ts";

export { routes } from "./routes.ts";
export type { Route, RouteMethod } from "./route.ts";
export { maxBodyBytes } from "./body.ts";
export { createDocument, type ApiDocument } from "./openapi/document.ts";
export type { JsonSchema } from "./openapi/schemas.ts";
export { askingFailures, commonFailures, failuresOf } from "./openapi/failures.ts";

export type { DetailedServer, ShownServer } from "./servers/shown-server.ts";
export type { ShownPortal } from "./portals/shown-portal.ts";
export type { ShownToken } from "./tokens/shown-token.ts";
export type { ShownCall } from "./calls/list-calls.ts";
export type { Verification } from "./calls/verify-calls.ts";
export type { Status } from "./status/get-status.ts";
