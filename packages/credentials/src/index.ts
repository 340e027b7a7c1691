export { createCredentials, type CredentialsOptions } from "./create-credentials.ts";
export type { AccountChange, Credentials } from "./credentials.ts";
export type { RequestCredentials } from "./request-credentials.ts";
export type { Target } from "./target.ts";
export { house, type Owner } from "./owner.ts";

export { accountKey, accountStates, accountsTopic, type Account, type AccountOwner } from "./account.ts";
export type { Accounts } from "./accounts/accounts.ts";
export type { RefusedSecret } from "./secrets/refused-secrets.ts";
export type { SecretRefuser } from "./strategies/secret-refused.ts";

export { authKinds, clientAuthMethods } from "./auth/upstream-auth.ts";
export type { AuthSecrets, KnownAuth, UpstreamAuth } from "./auth/upstream-auth.ts";
export {
  authSecretFields,
  authSecretProblem,
  isAuthSecretName,
  scopeList,
  upstreamAuth,
} from "./auth/auth-schema.ts";
export { knownAuth } from "./auth/known-auth.ts";
export { authSecretNames, isOAuth, secretUseOf, type AuthSecretName } from "./auth/secret-use.ts";

export { linkReasons, type LinkReason, type LinkRequest, type LinkSource } from "./link.ts";
export type { Links } from "./links/links.ts";
export { linkPage, linksPath, serversPath } from "./links/paths.ts";
export { createLinkPages } from "./pages/link-pages.ts";
export type { ClientOfPerson, PagePeople, PortalOfPerson, ServerOfPerson } from "./pages/ports.ts";

export { createIdentityMetadata, openIdentityPaths } from "./identity/metadata.ts";

export { credentialFaults } from "./faults.ts";
export { credentialMigrations } from "./migrations.ts";
export { credentialSealedColumns } from "./sealed-columns.ts";
