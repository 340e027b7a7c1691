/** What kind of authorization server one is, and what that means to `oidc-provider`. */
import { errors, interactionPolicy, type Configuration, type JWKS } from "oidc-provider";
import type { TrustedIssuer } from "./assertion-grants.ts";

export interface AuthorizationServerOptions {
  /** Of its issuer: `/tenant`. Default none. */
  readonly path?: string;
  /** Clients register themselves (RFC 7591). Default true. */
  readonly hasRegistration?: boolean;
  /**
   * Clients describe themselves in a document (CIMD): this reads it, as authorization servers out there would over TLS.
   * Absent: they may not.
   */
  readonly readClientDocument?: (url: string) => Promise<Response>;
  /**
   * `rotating` (default): each refresh token is good once, and its second use ends all that came of it. `steady`: one for
   * ever. `offline`: only for those who ask for `offline_access` with `prompt=consent` (OpenID Connect Core §11), which is
   * offered. `none`: none for anybody.
   */
  readonly refreshTokens?: "rotating" | "steady" | "offline" | "none";
  /** Default `accepted`. `refused`: a request with `resource` is an error (`invalid_target`), as with older ones. */
  readonly resource?: "accepted" | "required" | "refused";
  /** `iss` in authorization responses (RFC 9207). Default `sent`; `absent`: neither sent nor promised; else the wrong one. */
  readonly iss?: "sent" | "absent" | { readonly wrong: string };
  /** Scopes that there are. Default `read` and `write`. */
  readonly scopes?: readonly string[];
  /** JWTs that it gives tokens for, by token exchange and as ID-JAG. Absent: none. */
  readonly trusts?: TrustedIssuer;
}

/** What may change while it runs. */
export interface Policy {
  /** Of access tokens given from now on. Default an hour. */
  accessTokenTtlSeconds: number;
  /** `expires_in` of tokens given from now on, whatever is true: `atOnce`, say. Undefined: the truth. */
  saidTtlSeconds: number | undefined;
  /** Scopes that nobody is granted, though they may be asked for. */
  readonly withheld: Set<string>;
}

/** A token that is over before it is used. Not 0, which many servers say and mean nothing by it. */
export const atOnce = 0.001;

/** Where people are asked who they are. */
export const pickPath = "/pick";

export function toConfiguration(
  {
    hasRegistration = true,
    readClientDocument,
    refreshTokens = "rotating",
    resource = "accepted",
    scopes = ["read", "write"],
  }: AuthorizationServerOptions,
  policy: Policy,
  jwks: JWKS,
): Configuration {
  const asked = interactionPolicy.base();
  // Who says who they are has agreed; nobody is asked again but those whose client wants it (`prompt=consent`).
  const consent = asked.get("consent");
  for (const reason of ["native_client_prompt", "op_scopes_missing", "rs_scopes_missing"])
    consent?.checks.remove(reason);
  return {
    jwks,
    cookies: { keys: ["for tests"] },
    // It lets the loopback addresses of tests be fetched, and those that are only names be found.
    ...(readClientDocument && {
      fetch: (url: string | URL | Request) =>
        readClientDocument(url instanceof Request ? url.url : String(url)),
    }),
    scopes: [...scopes, ...(refreshTokens === "offline" ? ["offline_access"] : [])],
    interactions: { policy: asked, url: (_, { uid }) => `${pickPath}/${uid}` },
    ttl: {
      AccessToken: () => policy.accessTokenTtlSeconds,
      ClientCredentials: () => policy.accessTokenTtlSeconds,
      AuthorizationCode: 60,
      RefreshToken: 86_400,
      Grant: 86_400,
      Session: 3600,
      Interaction: 600,
    },
    expiresWithSession: () => false,
    issueRefreshToken: (_, client, source) => {
      if (refreshTokens === "none" || !client.grantTypeAllowed("refresh_token")) return false;
      return refreshTokens !== "offline" || source.scopes.has("offline_access");
    },
    rotateRefreshToken: refreshTokens !== "steady",
    findAccount: (_, accountId) => ({ accountId, claims: () => ({ sub: accountId }) }),
    loadExistingGrant: async (ctx) => {
      const { provider, client, session, params } = ctx.oidc;
      const grant = new provider.Grant({
        clientId: client?.clientId ?? "",
        accountId: session?.accountId ?? "",
      });
      const wanted = String(params?.["scope"] ?? "").split(" ");
      const granted = wanted.filter((scope) => !policy.withheld.has(scope)).join(" ");
      grant.addOIDCScope(granted);
      for (const each of [params?.["resource"]].flat())
        if (typeof each === "string") grant.addResourceScope(each, granted);
      await grant.save();
      return grant;
    },
    features: {
      devInteractions: { enabled: false },
      clientCredentials: { enabled: true },
      revocation: { enabled: true, allowedPolicy: (_, client, token) => token.clientId === client.clientId },
      registration: { enabled: hasRegistration },
      ...(readClientDocument && {
        clientIdMetadataDocument: { enabled: true, ack: "draft-02" },
      }),
      resourceIndicators: {
        enabled: true,
        defaultResource: (_ctx, _client, oneOf) => {
          if (oneOf !== undefined) return oneOf;
          if (resource === "required") throw new errors.InvalidTarget("resource is missing");
          return [];
        },
        useGrantedResource: () => true,
        getResourceServerInfo: (_, audience) => {
          if (resource === "refused") throw new errors.InvalidTarget("resource is not known here");
          return { scope: scopes.join(" "), audience, accessTokenFormat: "opaque" };
        },
      },
    },
  };
}
