/**
 * How requests to an upstream are authorized, as an admin says it. It holds no secret: those stand beside it
 * (`AuthSecrets`), sealed, and are never shown.
 */

export const authKinds = [
  "auto",
  "none",
  "bearer",
  "basic",
  "client_credentials",
  "shared_account",
  "own_account",
  "own_key",
  "identity",
  "token_exchange",
  "id_jag",
] as const;
export type AuthKind = (typeof authKinds)[number];

/** Besides what is said here, a server's own headers are sent with every request. */
export type UpstreamAuth =
  /** `own_account` where the server asks for OAuth, else `none`. */
  | { readonly kind: "auto" }
  | { readonly kind: "none" }
  /** One bearer token for all (`secrets.token`). */
  | { readonly kind: "bearer" }
  /** One name and password for all (`secrets.password`; RFC 7617). */
  | { readonly kind: "basic"; readonly username: string }
  /** This installation gets its own tokens (RFC 6749 §4.4; `secrets.clientSecret` or `secrets.privateKey`). */
  | ({ readonly kind: "client_credentials" } & OAuthSettings)
  /** An admin signed in once, for all. */
  | ({ readonly kind: "shared_account" } & OAuthSettings)
  /** Each person signs in themselves; an admin's sign-in is what the server's lists are read with. */
  | ({
      readonly kind: "own_account";
      /** What programs call with, who have no accounts: nothing, or the admin's sign-in. Default `refused`. */
      readonly programs?: "refused" | "shared";
    } & OAuthSettings)
  /** Each person enters an API key; `secrets.token`, if given, is what the lists are read with. */
  | ({ readonly kind: "own_key" } & KeySettings)
  /** A short-lived token of ours says who calls (RFC 7519). */
  | { readonly kind: "identity"; readonly audience?: string; readonly groups?: boolean }
  /** That token, exchanged at the server's authorization server (RFC 8693). */
  | ({
      readonly kind: "token_exchange";
      readonly audience?: string;
      readonly groups?: boolean;
    } & OAuthSettings)
  /** That token as an Identity Assertion JWT Authorization Grant (Enterprise-Managed Authorization). */
  | ({ readonly kind: "id_jag"; readonly groups?: boolean } & OAuthSettings);

/** The auth that holds for a target once it was found out what `auto` means there. */
export type KnownAuth = Exclude<UpstreamAuth, { kind: "auto" }>;

/** Gets its tokens from an authorization server. By kind: since every setting may be absent, each auth has their shape. */
export type OAuthAuth = Extract<UpstreamAuth, { readonly kind: OAuthKind }>;

export const oauthKinds = [
  "client_credentials",
  "shared_account",
  "own_account",
  "token_exchange",
  "id_jag",
] as const satisfies readonly AuthKind[];
export type OAuthKind = (typeof oauthKinds)[number];

export const clientAuthMethods = [
  "client_secret_basic",
  "client_secret_post",
  "private_key_jwt",
  "none",
] as const;
export type ClientAuthMethod = (typeof clientAuthMethods)[number];

export interface OAuthSettings {
  /** The authorization server, where an admin says which; else the first that the server names. Required with `client`. */
  readonly issuer?: string;
  /** A client that was registered there by hand; absent: this installation introduces itself (CIMD, else DCR). */
  readonly client?: { readonly id: string; readonly authMethod?: ClientAuthMethod };
  /** Instead of those that the server asks for. */
  readonly scopes?: readonly string[];
  /** Whether `resource` is sent (RFC 8707). Default `send`; some authorization servers refuse it. */
  readonly resource?: "send" | "omit";
  /** For authorization servers without metadata. With `issuer`. */
  readonly endpoints?: {
    readonly authorization?: string;
    readonly token: string;
    readonly revocation?: string;
  };
}

export interface KeySettings {
  /** In lower case. Default `authorization`. */
  readonly header?: string;
  /** What stands before the key. Default `Bearer ` with `authorization`, else nothing. */
  readonly prefix?: string;
  /** Where people get a key, told on the page: a sentence, or an https address. */
  readonly hint?: string;
}

/** What is secret of an `UpstreamAuth`. A value that its kind has no use for is not kept. */
export interface AuthSecrets {
  readonly token?: string;
  readonly password?: string;
  readonly clientSecret?: string;
  /** PKCS #8 in PEM, for `private_key_jwt`. */
  readonly privateKey?: string;
}
