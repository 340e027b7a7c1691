export type { Principal, PublicPrincipal, ServicePrincipal, UserPrincipal } from "./principal.ts";
export { principalNames } from "./principal-names.ts";
export { isPermitted, permissions, roles, type Permission, type Role } from "./roles.ts";
export { toolClasses, type ToolClass } from "./tool-class.ts";
export { Rights } from "./rights.ts";
export {
  apiScope,
  parseScope,
  portalScope,
  portalsOf,
  rightsOfScopes,
  serverScope,
  type Scope,
} from "./scopes.ts";
export {
  groupWho,
  firstEnd,
  isSoundRule,
  livingRules,
  momentRule,
  rightsByRules,
  takesPublic,
  toMoment,
  toPlainRule,
  toWho,
  whoRule,
  type AccessRule,
  type Gate,
} from "./gate/access-rule.ts";
export { insufficientScope, isGranted, reachOf, type Reach, type Use } from "./gate/reach.ts";
export { challenge, type Challenge } from "./gate/challenge.ts";
export {
  directories,
  userStatuses,
  type Directory,
  type Group,
  type SignInSession,
  type User,
  type UserStatus,
} from "./people/user.ts";
export {
  createPeople,
  usersTopic,
  type Acting,
  type NewUser,
  type People,
  type UserChange,
  type UserFilter,
} from "./people/people.ts";
export type { SigningIn } from "./people/signed-in-by.ts";
export { createGroups, type Groups, type GroupsOptions, type NewGroup } from "./people/groups.ts";
export { knownGroups } from "./people/known-groups.ts";
export { knownPeople } from "./people/known-people.ts";
export {
  createSignInSessions,
  type NewSignIn,
  type SignInSessions,
  type SignInSessionsOptions,
} from "./people/sign-in-sessions.ts";
export { isWithin, mayManage } from "./people/authority.ts";
export type { Grant } from "./grants/grant.ts";
export {
  endGrant,
  endGrantsBeside,
  endGrantsOfClient,
  endGrantsOfSessions,
  grantsTopic,
} from "./grants/end-grants.ts";
export { addGrant, type NewGrant } from "./grants/add-grant.ts";
export { giverOf, giverOfGrant } from "./grants/giver.ts";
export { proveGrant } from "./grants/prove-grant.ts";
export { findGrant, livingGrants, pageGrants, type GrantFilter } from "./grants/find-grants.ts";
export {
  accessTokensTopic,
  addAccessToken,
  findAccessToken,
  revokeAccessToken,
  revokeAccessTokensOfClient,
  revokeAccessTokensOfRefresh,
  type AccessToken,
} from "./grants/access-tokens.ts";
export { sweepGrants } from "./grants/sweep-grants.ts";
export type {
  CreatedToken,
  HoldNamed,
  ServiceToken,
  TokenChange,
  TokenInput,
  TokenScopes,
} from "./tokens/service-token.ts";
export { createToken } from "./tokens/create-token.ts";
export { changeToken } from "./tokens/change-token.ts";
export { rotateToken, type RotatedToken } from "./tokens/rotate-token.ts";
export { assertWithin } from "./tokens/lock-token.ts";
export { namedIn } from "./tokens/named-in.ts";
export { scopeRule } from "./tokens/token-input.ts";
export { ensureAdminToken, type FirstAdminOptions } from "./tokens/first-admin.ts";
export { knownTokens } from "./tokens/known-tokens.ts";
export { getToken, listTokens, revokeToken, type TokenFilter } from "./tokens/tokens.ts";
export { holdClientScopes, setClientScopes } from "./client-scopes.ts";
export { withdrawPortal, withdrawServer } from "./withdraw.ts";
export {
  createAuthenticator,
  type Audience,
  type Authenticator,
  type AuthenticatorOptions,
} from "./authenticator.ts";
export { findStanding, findStandings, usersOfGrants, type Caller } from "./standings/find-standings.ts";
export { createStandings, type Standings, type StandingsOptions } from "./standings/standings.ts";
export { standingOf, type Standing } from "./standings/standing.ts";
export { parseBearer } from "./bearer.ts";
export { generateSecret, hashSecret, isSecret, type SecretHash } from "./token-secret.ts";
export { knownIssuers, type KnownLoginMethod } from "./issuers/known-issuers.ts";
export { assertIssuersKnown } from "./issuers/assert-known.ts";
export { createCheckedIssuers } from "./issuers/checked-issuers.ts";
export { createIssuers, type Issuers, type IssuersOptions, type VerifiedToken } from "./issuers/issuers.ts";
export {
  createTrustedIssuerStore,
  issuersTopic,
  type TrustedIssuerStore,
  type TrustedIssuerStoreOptions,
} from "./issuers/issuer-store.ts";
export type { NewTrustedIssuer, TrustedIssuer, TrustedIssuerChange } from "./issuers/trusted-issuer.ts";
export { signingAlgorithms, type SigningAlgorithm } from "./issuers/algorithms.ts";
export {
  defaultClaimNames,
  findClaim,
  mergeClaimNames,
  type ClaimNames,
  type ClaimNamesChange,
  type Claims,
} from "./issuers/claims.ts";
export { forgetClaims } from "./issuers/forget-claims.ts";
export { maxKeptClaims, type ClaimValue, type KeptClaims } from "./issuers/kept-claims.ts";
export { readMethods } from "./issuers/proof.ts";
export { readPerson, type ClaimRules, type ToldPerson } from "./issuers/told-person.ts";
export {
  assertReachable,
  discoverIssuer,
  issuerUnfit,
  type IssuerAccess,
  type IssuerMetadata,
} from "./issuers/discovery.ts";
export { createIssuerKeys } from "./issuers/issuer-keys.ts";
export { withdrawSource } from "./issuers/withdraw-source.ts";
export { accessFaults } from "./faults.ts";
export { accessMigrations } from "./migrations.ts";
export { activeAmong, findAdminEmails } from "./people/active-people.ts";
export { findActivePerson, findDeciders } from "./people/deciders.ts";
