/** The table of operations: everything that the API can do. */
import { endAccount } from "./accounts/end-account.ts";
import { listAccounts } from "./accounts/list-accounts.ts";
import { loginServer } from "./accounts/login-server.ts";
import { decideApproval } from "./approvals/decide-approval.ts";
import { getApproval } from "./approvals/get-approval.ts";
import { listApprovals } from "./approvals/list-approvals.ts";
import { withdrawApproval } from "./approvals/withdraw-approval.ts";
import { listCalls } from "./calls/list-calls.ts";
import { verifyCalls } from "./calls/verify-calls.ts";
import { listCatalog } from "./catalog/list-catalog.ts";
import { addClient } from "./clients/add-client.ts";
import { changeClient } from "./clients/change-client.ts";
import { getClient } from "./clients/get-client.ts";
import { listClients } from "./clients/list-clients.ts";
import { removeClient } from "./clients/remove-client.ts";
import { rotateClientSecret } from "./clients/rotate-client-secret.ts";
import { applyConfiguration } from "./config/apply-configuration.ts";
import { exportConfiguration } from "./config/export-configuration.ts";
import { getConfigurationSchema } from "./config/get-configuration-schema.ts";
import { planConfiguration } from "./config/plan-configuration.ts";
import { approveDefinitions } from "./definitions/approve-definitions.ts";
import { listDefinitions } from "./definitions/list-definitions.ts";
import { rejectDefinitions } from "./definitions/reject-definitions.ts";
import { addEvaluator } from "./evaluators/add-evaluator.ts";
import { changeEvaluator } from "./evaluators/change-evaluator.ts";
import { getEvaluator } from "./evaluators/get-evaluator.ts";
import { listEvaluators } from "./evaluators/list-evaluators.ts";
import { removeEvaluator } from "./evaluators/remove-evaluator.ts";
import { endGrant } from "./grants/end-grant.ts";
import { listGrants } from "./grants/list-grants.ts";
import { addGroup } from "./groups/add-group.ts";
import { changeGroup } from "./groups/change-group.ts";
import { addGroupMember, removeGroupMember } from "./groups/change-members.ts";
import { getGroup } from "./groups/get-group.ts";
import { listGroups } from "./groups/list-groups.ts";
import { removeGroup } from "./groups/remove-group.ts";
import { importServer } from "./imports/import-server.ts";
import { addInvitation } from "./invitations/add-invitation.ts";
import { endInvitations } from "./invitations/end-invitations.ts";
import { addTrustedIssuer } from "./issuers/add-issuer.ts";
import { changeTrustedIssuer } from "./issuers/change-issuer.ts";
import { getTrustedIssuer } from "./issuers/get-issuer.ts";
import { listTrustedIssuers } from "./issuers/list-issuers.ts";
import { removeTrustedIssuer } from "./issuers/remove-issuer.ts";
import { getMe } from "./me/get-me.ts";
import { addMyAccount, endMyAccount, listMyAccounts } from "./me/my-accounts.ts";
import { endMyGrant, listMyGrants } from "./me/my-grants.ts";
import { cancelMyRun, getMyRun, listMyRuns } from "./me/my-runs.ts";
import { endMySession, listMySessions } from "./me/my-sessions.ts";
import { addUser } from "./people/add-user.ts";
import { changeUser } from "./people/change-user.ts";
import { getUser } from "./people/get-user.ts";
import { listUsers } from "./people/list-users.ts";
import { removeUser } from "./people/remove-user.ts";
import { listNotices } from "./notices/list-notices.ts";
import { addPolicy } from "./policies/add-policy.ts";
import { changePolicy } from "./policies/change-policy.ts";
import { explainPolicy } from "./policies/explain-policy.ts";
import { getPolicy } from "./policies/get-policy.ts";
import { listPolicies } from "./policies/list-policies.ts";
import { removePolicy } from "./policies/remove-policy.ts";
import { simulatePolicy } from "./policies/simulate-policy.ts";
import { addPortalServer } from "./portals/add-portal-server.ts";
import { addPortal } from "./portals/add-portal.ts";
import { changePortalServer } from "./portals/change-portal-server.ts";
import { changePortal } from "./portals/change-portal.ts";
import { getPortal } from "./portals/get-portal.ts";
import { listPortalTools } from "./portals/list-portal-tools.ts";
import { listPortals } from "./portals/list-portals.ts";
import { removePortalServer } from "./portals/remove-portal-server.ts";
import { removePortal } from "./portals/remove-portal.ts";
import { addProvider } from "./providers/add-provider.ts";
import { changeProvider } from "./providers/change-provider.ts";
import { getProvider } from "./providers/get-provider.ts";
import { listProviders } from "./providers/list-providers.ts";
import { removeProvider } from "./providers/remove-provider.ts";
import type { Route } from "./route.ts";
import { cancelRun } from "./runs/cancel-run.ts";
import { getRun } from "./runs/get-run.ts";
import { listRuns } from "./runs/list-runs.ts";
import { addServer } from "./servers/add-server.ts";
import { changeServer } from "./servers/change-server.ts";
import { getServer } from "./servers/get-server.ts";
import { listServers } from "./servers/list-servers.ts";
import { removeServer } from "./servers/remove-server.ts";
import { syncServer } from "./servers/sync-server.ts";
import { endSession } from "./sessions/end-session.ts";
import { listUserSessions } from "./sessions/list-user-sessions.ts";
import { getStatus } from "./status/get-status.ts";
import { addToken } from "./tokens/add-token.ts";
import { changeToken } from "./tokens/change-token.ts";
import { getToken } from "./tokens/get-token.ts";
import { listTokens } from "./tokens/list-tokens.ts";
import { revokeToken } from "./tokens/revoke-token.ts";
import { rotateToken } from "./tokens/rotate-token.ts";
import { addWebhook } from "./webhooks/add-webhook.ts";
import { changeWebhook } from "./webhooks/change-webhook.ts";
import { getWebhook } from "./webhooks/get-webhook.ts";
import { listWebhooks } from "./webhooks/list-webhooks.ts";
import { removeWebhook } from "./webhooks/remove-webhook.ts";
import { rotateWebhookSecret } from "./webhooks/rotate-webhook-secret.ts";
import { testWebhook } from "./webhooks/test-webhook.ts";

export const routes: readonly Route[] = [
  getStatus,
  listServers,
  addServer,
  getServer,
  changeServer,
  removeServer,
  syncServer,
  loginServer,
  listAccounts,
  endAccount,
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
  listPolicies,
  addPolicy,
  getPolicy,
  changePolicy,
  removePolicy,
  explainPolicy,
  simulatePolicy,
  listEvaluators,
  addEvaluator,
  getEvaluator,
  changeEvaluator,
  removeEvaluator,
  planConfiguration,
  applyConfiguration,
  exportConfiguration,
  getConfigurationSchema,
  listUsers,
  addUser,
  getUser,
  changeUser,
  removeUser,
  listUserSessions,
  endSession,
  addInvitation,
  endInvitations,
  listGroups,
  addGroup,
  getGroup,
  changeGroup,
  removeGroup,
  addGroupMember,
  removeGroupMember,
  listGrants,
  endGrant,
  listProviders,
  addProvider,
  getProvider,
  changeProvider,
  removeProvider,
  listTrustedIssuers,
  addTrustedIssuer,
  getTrustedIssuer,
  changeTrustedIssuer,
  removeTrustedIssuer,
  listTokens,
  addToken,
  getToken,
  changeToken,
  rotateToken,
  revokeToken,
  getMe,
  listMySessions,
  endMySession,
  listMyGrants,
  endMyGrant,
  listMyAccounts,
  addMyAccount,
  endMyAccount,
  listMyRuns,
  getMyRun,
  cancelMyRun,
  listClients,
  addClient,
  getClient,
  changeClient,
  removeClient,
  rotateClientSecret,
  listWebhooks,
  addWebhook,
  getWebhook,
  changeWebhook,
  removeWebhook,
  rotateWebhookSecret,
  testWebhook,
  listNotices,
  listApprovals,
  getApproval,
  decideApproval,
  withdrawApproval,
  listRuns,
  getRun,
  cancelRun,
  listCalls,
  verifyCalls,
];
