export { tokenRoles, type Principal, type ServicePrincipal, type TokenRole } from "./principal.ts";
export type { CreatedToken, ServiceToken, TokenInput } from "./service-token.ts";
export { createToken } from "./create-token.ts";
export { ensureAdminToken, type FirstAdminOptions } from "./first-admin.ts";
export { getToken, listTokens, revokeToken, type TokenFilter } from "./tokens.ts";
export { createAuthenticator, type Authenticator, type AuthenticatorOptions } from "./authenticator.ts";
export { parseBearer } from "./bearer.ts";
export { accessFaults } from "./faults.ts";
export { accessMigrations } from "./migrations.ts";
