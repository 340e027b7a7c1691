/** This installation as a client of the authorization servers of others. It keeps no tokens, only registrations of its own. */
import type { Target } from "../target.ts";
import type { GrantedTokens, TokenOutcome } from "./tokens.ts";

/** As much of a `Target` as is needed; JSON-able, so that it may be sealed with what is to be revoked later. */
export type OAuthTarget = Pick<Target, "id" | "slug" | "url" | "allowPrivate" | "auth" | "secrets">;

export interface OAuth {
  /**
   * Whether the target asks for OAuth, and whose. `challenge` is the `WWW-Authenticate` of a 401 that was just received; without
   * one the target is asked without credentials.
   * Throws `credentials_unavailable`, `upstream_auth_invalid`, `upstream_auth_unsupported`, `cancelled`.
   */
  discover(target: OAuthTarget, challenge: string | undefined, signal: AbortSignal): Promise<Discovered>;
  /** What is remembered of the target is to be found out anew: it refused what was got by it. */
  forget(targetId: string): void;

  /** What a sign-in would be, found out anew, before anybody is sent away; registers nothing. Throws as `discover`. */
  planAuthorization(
    target: OAuthTarget,
    wish: AuthorizationWish,
    signal: AbortSignal,
  ): Promise<AuthorizationPlan>;
  /** Ready to send a browser away; may register a client. Throws as `discover`. */
  beginAuthorization(
    target: OAuthTarget,
    wish: AuthorizationWish,
    signal: AbortSignal,
  ): Promise<BegunAuthorization>;
  /**
   * The browser is back. `callback` is the whole public URL. That `flow` is of its `state`, of this browser and person is for
   * the caller to see to; checked here are `state`, path, `iss` (RFC 9207), code and PKCE.
   * Throws `link_declined` (the person said no there), `link_refused`, `upstream_auth_invalid`, `upstream_auth_unsupported`,
   * `upstream_client_refused`, `credentials_unavailable`, `cancelled`.
   */
  finishAuthorization(
    target: OAuthTarget,
    flow: AuthorizationFlow,
    callback: URL,
    signal: AbortSignal,
  ): Promise<Authorized>;

  /** RFC 6749 §6. Throws `cancelled` only. */
  refresh(target: OAuthTarget, held: HeldGrant, signal: AbortSignal): Promise<TokenOutcome>;
  /**
   * RFC 7009: the refresh token, then the access token. `impossible`: the server takes nothing back, or our client is gone.
   * Throws `cancelled` only.
   */
  revoke(target: OAuthTarget, held: HeldGrant, signal: AbortSignal): Promise<RevocationOutcome>;

  /** Where tokens for the target come from without a sign-in, and as which client. Throws as `discover`. */
  grantor(target: OAuthTarget, signal: AbortSignal): Promise<Grantor>;
  /** RFC 6749 §4.4. Throws `cancelled` only; so the next two. */
  clientCredentials(target: OAuthTarget, signal: AbortSignal): Promise<TokenOutcome>;
  /** RFC 8693. */
  tokenExchange(target: OAuthTarget, exchange: TokenExchange, signal: AbortSignal): Promise<TokenOutcome>;
  /** RFC 7523 §2.1. */
  jwtBearer(target: OAuthTarget, assertion: string, signal: AbortSignal): Promise<TokenOutcome>;

  /** What to enter where a client is registered by hand. */
  redirectUri(issuer: string): string;
  /** Where our document for that issuer is (CIMD). */
  clientMetadataUrl(issuer: string): string;
  /** The document, by the issuer's key as it stands in the path; undefined: it is no key. */
  clientMetadata(issuerKey: string): Readonly<Record<string, unknown>> | undefined;
}

export type Discovered =
  | { readonly asksForOAuth: false }
  | {
      readonly asksForOAuth: true;
      readonly issuer: string;
      /** What tokens are for (RFC 8707), exactly as published, or the target's canonical URL. */
      readonly resource: string;
      /** What the challenge asked for, else what the server says that it knows; undefined: it says nothing. */
      readonly scopes: readonly string[] | undefined;
    };

export interface AuthorizationWish {
  /** Beside those that the server asks for: granted already, or missing (403 `insufficient_scope`). */
  readonly scopes: readonly string[];
  /** Registers anew where a registration of our own is used: an earlier attempt never came back. Default false. */
  readonly renewClient?: boolean;
}

export interface AuthorizationPlan {
  readonly issuer: string;
  /** Where the browser is sent: its origin belongs into `form-action`. */
  readonly authorizationEndpoint: string;
  /** Undefined: none are named, the server decides. */
  readonly scopes: readonly string[] | undefined;
}

export interface BegunAuthorization {
  /** Where to send the browser. */
  readonly url: string;
  /** One-time; 256 bits. */
  readonly state: string;
  /** JSON-able and secret: sealed until the browser is back. */
  readonly flow: AuthorizationFlow;
}

/** What has to be known when the browser comes back. */
export interface AuthorizationFlow {
  readonly issuer: string;
  readonly clientId: string;
  readonly state: string;
  readonly codeVerifier: string;
  readonly redirectUri: string;
  readonly scopes: readonly string[] | undefined;
  /** Undefined: not sent. */
  readonly resource: string | undefined;
  /** The server says that it names itself in its answers (RFC 9207 §3): one without is not its own. */
  readonly expectsIss: boolean;
}

export interface Authorized {
  readonly issuer: string;
  readonly clientId: string;
  readonly resource: string | undefined;
  /** As granted, else as asked for. */
  readonly scopes: readonly string[];
  readonly tokens: GrantedTokens;
}

/** What an account holds, as far as its authorization server must know. */
export interface HeldGrant {
  readonly issuer: string;
  readonly clientId: string;
  /** As it was sent when it was authorized; undefined: it was not. */
  readonly resource: string | undefined;
  readonly accessToken: string;
  readonly refreshToken: string | undefined;
}

export type RevocationOutcome = "revoked" | "impossible" | "failed";

export interface Grantor {
  readonly issuer: string;
  readonly tokenEndpoint: string;
  /** Undefined: as nobody in particular. */
  readonly clientId: string | undefined;
  readonly resource: string;
  /** Those that will be asked for. */
  readonly scopes: readonly string[];
}

export interface TokenExchange {
  readonly subjectToken: string;
  /** A token type URI (RFC 8693 §3). */
  readonly subjectTokenType: string;
  readonly audience?: string | undefined;
}
