export type { Principal, PublicPrincipal, ServicePrincipal, UserPrincipal } from "./principal.ts";
export { isPermitted, permissions, roles, type Permission, type Role } from "./roles.ts";
export { toolClasses, type ToolClass } from "./tool-class.ts";
export { Rights } from "./rights.ts";
export {
  apiScope,
  mayEnter,
  parseScope,
  portalScope,
  portalsOf,
  rightsOfScopes,
  serverScope,
  type Scope,
} from "./scopes.ts";
export { rightsByRules, type AccessRule, type Gate } from "./gate/access-rule.ts";
export { reachOf, type Reach } from "./gate/reach.ts";
export {
  directories,
  userStatuses,
  type Directory,
  type Group,
  type SignInSession,
  type User,
  type UserStatus,
} from "./people/user.ts";
export type { Grant } from "./grants/grant.ts";
export type { CreatedToken, ServiceToken, TokenInput } from "./service-token.ts";
export { createToken } from "./create-token.ts";
export { ensureAdminToken, type FirstAdminOptions } from "./first-admin.ts";
export { getToken, listTokens, revokeToken, tokenNames, type TokenFilter } from "./tokens.ts";
export { withdrawPortal } from "./withdraw-portal.ts";
export { createAuthenticator, type Authenticator, type AuthenticatorOptions } from "./authenticator.ts";
export { parseBearer } from "./bearer.ts";
export { accessFaults } from "./faults.ts";
export { accessMigrations } from "./migrations.ts";
