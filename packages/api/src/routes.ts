/** The table of operations: everything that the API can do. */
import { listCalls } from "./calls/list-calls.ts";
import { verifyCalls } from "./calls/verify-calls.ts";
import { listCatalog } from "./catalog/list-catalog.ts";
import { applyConfiguration } from "./config/apply-configuration.ts";
import { exportConfiguration } from "./config/export-configuration.ts";
import { getConfigurationSchema } from "./config/get-configuration-schema.ts";
import { planConfiguration } from "./config/plan-configuration.ts";
import { approveDefinitions } from "./definitions/approve-definitions.ts";
import { listDefinitions } from "./definitions/list-definitions.ts";
import { rejectDefinitions } from "./definitions/reject-definitions.ts";
import { importServer } from "./imports/import-server.ts";
import { addPortalServer } from "./portals/add-portal-server.ts";
import { addPortal } from "./portals/add-portal.ts";
import { changePortalServer } from "./portals/change-portal-server.ts";
import { changePortal } from "./portals/change-portal.ts";
import { getPortal } from "./portals/get-portal.ts";
import { listPortalTools } from "./portals/list-portal-tools.ts";
import { listPortals } from "./portals/list-portals.ts";
import { removePortalServer } from "./portals/remove-portal-server.ts";
import { removePortal } from "./portals/remove-portal.ts";
import type { Route } from "./route.ts";
import { addServer } from "./servers/add-server.ts";
import { changeServer } from "./servers/change-server.ts";
import { getServer } from "./servers/get-server.ts";
import { listServers } from "./servers/list-servers.ts";
import { removeServer } from "./servers/remove-server.ts";
import { syncServer } from "./servers/sync-server.ts";
import { getStatus } from "./status/get-status.ts";
import { addToken } from "./tokens/add-token.ts";
import { listTokens } from "./tokens/list-tokens.ts";
import { revokeToken } from "./tokens/revoke-token.ts";

export const routes: readonly Route[] = [
  getStatus,
  listServers,
  addServer,
  getServer,
  changeServer,
  removeServer,
  syncServer,
  listDefinitions,
  approveDefinitions,
  rejectDefinitions,
  importServer,
  listCatalog,
  listPortals,
  addPortal,
  getPortal,
  changePortal,
  removePortal,
  listPortalTools,
  addPortalServer,
  changePortalServer,
  removePortalServer,
  planConfiguration,
  applyConfiguration,
  exportConfiguration,
  getConfigurationSchema,
  listTokens,
  addToken,
  revokeToken,
  listCalls,
  verifyCalls,
];
