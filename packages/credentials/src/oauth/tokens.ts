/** What a token endpoint answers, as far as it decides what is done next. */

export interface GrantedTokens {
  readonly accessToken: string;
  readonly refreshToken: string | undefined;
  /** Milliseconds since the epoch; undefined: the server does not say. */
  readonly expiresAtMs: number | undefined;
  /** Undefined: as asked for (RFC 6749 §5.1). */
  readonly scopes: readonly string[] | undefined;
}

/**
 * - `granted`: here they are.
 * - `refused`: final. This grant is worth nothing any more (`invalid_grant`): sending it again changes nothing.
 * - `client_refused`: final for our client. A registration of our own is forgotten already; another one is made by the next sign-in.
 * - `failed`: temporary, and also whatever nobody can be sure of: the same request may succeed later.
 */
export type TokenOutcome =
  | { readonly kind: "granted"; readonly tokens: GrantedTokens }
  | { readonly kind: "refused"; readonly error: string; readonly message: string }
  | {
      readonly kind: "client_refused";
      readonly error: string;
      readonly message: string;
      readonly client: ClientKind;
    }
  | {
      readonly kind: "failed";
      /** A code of `credentialFaults`. */
      readonly code: FailureCode;
      readonly message: string;
      /** As the server asks (`Retry-After`). */
      readonly retryAfterMs: number | undefined;
    };

export type FailureCode = "credentials_unavailable" | "upstream_auth_unsupported" | "upstream_auth_invalid";

/** `given`: registered by hand (`auth.client`); `published`: CIMD; `registered`: RFC 7591; `anonymous`: none at all. */
export type ClientKind = "given" | "published" | "registered" | "anonymous";
