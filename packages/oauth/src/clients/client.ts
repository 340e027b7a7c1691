/** A client (RFC 6749 §1.1): a program that asks people to let it act for them, or acts for itself. */

/**
 * `registered`: an admin wrote it down. `dynamic`: it registered itself (RFC 7591). `document`: its id is the URL of a
 * document in which it describes itself (Client ID Metadata Documents). What the last two say of themselves is a
 * stranger's word.
 */
export const clientKinds = ["registered", "dynamic", "document"] as const;

export type ClientKind = (typeof clientKinds)[number];

/** How it proves who it is at the token endpoint (RFC 7591 §2). `none`: not at all, a public client. */
export const authMethods = ["none", "client_secret_basic", "client_secret_post", "private_key_jwt"] as const;

export type AuthMethod = (typeof authMethods)[number];

export const clientGrantTypes = ["authorization_code", "refresh_token", "client_credentials"] as const;

export type ClientGrantType = (typeof clientGrantTypes)[number];

/** What a client is, as its own words or an admin's say. */
export interface ClientMetadata {
  /** One printable line of at most 128 characters. */
  readonly name: string;
  /** Its own site, https. */
  readonly uri: string | undefined;
  /** In the form of `redirect-uri.ts`. None: it never sends people here. */
  readonly redirectUris: readonly string[];
  readonly authMethod: AuthMethod;
  readonly grantTypes: readonly ClientGrantType[];
  /** Its public keys (RFC 7517 §5), for `private_key_jwt`: given, or where they are. */
  readonly jwks: PublicKeys | undefined;
  readonly jwksUri: string | undefined;
}

export interface PublicKeys {
  readonly keys: readonly Readonly<Record<string, unknown>>[];
}

export interface Client extends ClientMetadata {
  /** `cli_…`, or the URL of its document. */
  readonly id: string;
  readonly kind: ClientKind;
  /** What it may do for itself, with `client_credentials`. */
  readonly scopes: readonly string[];
  /** Whether it may ask about tokens that are not its own (RFC 7662). */
  readonly mayIntrospect: boolean;
  /** Its living secrets, the one that stays first; their text is nowhere. */
  readonly secrets: readonly ClientSecret[];
  readonly version: number;
  readonly createdAt: Date;
  /** The id of who wrote it down; undefined: itself. */
  readonly createdBy: string | undefined;
  readonly updatedAt: Date;
  /** When it last got a token, exact to about an hour. */
  readonly lastUsedAt: Date | undefined;
  /** Of a `document`: from when on it is read anew. */
  readonly freshUntil: Date | undefined;
  /** Of a `document`: when it was read. */
  readonly readAt: Date | undefined;
}

export interface ClientSecret {
  /** SHA-256, base64url. */
  readonly hash: string;
  readonly createdAt: Date;
  /** Undefined: with its client. */
  readonly expiresAt: Date | undefined;
}

export function hasSecret({ authMethod }: Pick<ClientMetadata, "authMethod">): boolean {
  return authMethod === "client_secret_basic" || authMethod === "client_secret_post";
}
