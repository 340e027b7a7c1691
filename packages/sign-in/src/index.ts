export { createSignIn, signInPagePaths, type SignIn, type SignInOptions } from "./sign-in.ts";
export type { SignedIn, SignInEvent } from "./signed-in.ts";
export type { FinishSignIn, OfferedProvider, Proof, SignInProviders } from "./ports.ts";
export {
  createInvitation,
  endInvitations,
  ensureFirstOwnerLink,
  findInvitation,
  welcomePath,
  type FirstOwnerOptions,
  type Invitation,
  type MadeInvitation,
  type NewInvitation,
} from "./welcome/invitations.ts";
export { createProviders, type ProvidersOptions } from "./providers/providers.ts";
export { createCheckedProviders, type CheckedProviders } from "./providers/checked-providers.ts";
export { knownProviders } from "./providers/known-providers.ts";
export {
  createProviderStore,
  type ProviderStore,
  type ProviderStoreOptions,
} from "./providers/provider-store.ts";
export { callbackPath, type NewProvider, type Provider, type ProviderChange } from "./providers/provider.ts";
export { signInSealedColumns } from "./sealed-columns.ts";
export { signInFaults } from "./faults.ts";
export { signInMigrations } from "./migrations.ts";
