/** All that the provider is told: what it may do, for how long things live, and whom it asks. */
import type { AdapterFactory, Configuration, JWKS, KoaContextWithOIDC } from "oidc-provider";
import type { ClientFeatures, People, SignIn } from "../ports.ts";
import { findAccount, type PersonAccount } from "./accounts.ts";
import { exchangeOf } from "./exchange.ts";
import { createInteractionPolicy } from "./interaction-policy.ts";
import type { ResourceServers } from "./resource-servers.ts";

export interface ConfigurationParts {
  readonly adapter: AdapterFactory;
  readonly jwks: JWKS;
  readonly clients: ClientFeatures;
  readonly people: People;
  readonly signIn: Pick<SignIn, "current">;
  readonly resourceServers: ResourceServers;
  readonly cookies: CookieNames;
  /** Whether cookies go over https only. */
  readonly isSecure: boolean;
  readonly accessTokenSeconds: number;
  /** Where a person decides on a request. */
  readonly interactionPath: (uid: string) => string;
}

export interface CookieNames {
  /** Which request this browser began; sent to the pages that decide on it. */
  readonly interaction: string;
  /** The same, sent back to the authorization endpoint when it is decided. */
  readonly resume: string;
}

/** Below the issuer. */
export const routes = {
  authorization: "/authorize",
  token: "/token",
  registration: "/register",
  revocation: "/revoke",
  introspection: "/introspect",
  jwks: "/jwks",
} as const;

const off = { enabled: false } as const;
const minute = 60;

export function toConfiguration(parts: ConfigurationParts): Configuration {
  const { clients, people, resourceServers, cookies, isSecure, accessTokenSeconds } = parts;
  const ofClients = clients.configuration;
  return {
    ...ofClients,
    adapter: parts.adapter,
    jwks: parts.jwks,
    routes,
    responseTypes: ["code"],
    // No OpenID Connect: clients learn what they may do, and not who the person is.
    scopes: [],
    claims: {},
    subjectTypes: ["public"],
    pkce: { required: () => true },
    cookies: {
      names: { ...cookies, session: "castellan_unused" },
      short: { httpOnly: true, sameSite: "lax", secure: isSecure, signed: false },
      long: { httpOnly: true, sameSite: "lax", secure: isSecure, signed: false },
    },
    ttl: {
      AccessToken: (ctx) => Math.min(accessTokenSeconds, grantSecondsLeft(ctx)),
      AuthorizationCode: minute,
      ClientCredentials: accessTokenSeconds,
      // The provider wants one; nothing is signed.
      IdToken: minute,
      Interaction: 60 * minute,
      // Absolute, from the consent on.
      RefreshToken: (ctx) => grantSecondsLeft(ctx),
      // Of one request: nothing of it is kept.
      Session: 60 * minute,
    },
    features: {
      ...(ofClients.features?.clientIdMetadataDocument && {
        clientIdMetadataDocument: ofClients.features.clientIdMetadataDocument,
      }),
      // Clients register at an endpoint of ours.
      registration: off,
      claimsParameter: off,
      clientCredentials: { enabled: true },
      devInteractions: off,
      dPoP: off,
      pushedAuthorizationRequests: off,
      requestObjects: off,
      rpInitiatedLogout: off,
      userinfo: off,
      introspection: {
        enabled: true,
        allowedPolicy: async (_ctx, client, token) => {
          // Only clients that can prove who they are (RFC 7662 §2.1), and only about what resource servers are sent.
          if (client.clientAuthMethod === "none" || token.kind === "RefreshToken") return false;
          if (token.clientId !== client.clientId && !clients.mayIntrospect(client)) return false;
          const { accountId } = token as { accountId?: string };
          return accountId === undefined || (await findAccount(people, accountId)) !== undefined;
        },
      },
      revocation: {
        enabled: true,
        allowedPolicy: async (_ctx, client, token) => {
          if (token.clientId !== client.clientId) return false;
          if (token.kind === "RefreshToken") return true;
          // An access token ends alone (RFC 7009 §2.1 leaves it open); the provider would end all tokens of its grant.
          await token.destroy();
          return false;
        },
      },
      resourceIndicators: {
        enabled: true,
        defaultResource: (ctx, client, oneOf) => resourceServers.byDefault(ctx, client, oneOf) as never,
        getResourceServerInfo: (ctx, resource, client) => resourceServers.find(ctx, resource, client),
        useGrantedResource: () => true,
      },
    },
    findAccount: (_ctx, id): Promise<PersonAccount | undefined> => findAccount(people, id),
    interactions: {
      policy: createInteractionPolicy(parts.signIn),
      url: (_ctx, interaction) => parts.interactionPath(interaction.uid),
    },
    // Only what was decided on for this very request.
    loadExistingGrant: async (ctx) => {
      const grantId = ctx.oidc.result?.consent?.grantId;
      return grantId === undefined ? undefined : ctx.oidc.provider.Grant.find(grantId);
    },
    issueRefreshToken: (_ctx, client) => client.grantTypeAllowed("refresh_token"),
    rotateRefreshToken: true,
    expiresWithSession: () => false,
    revokeGrantPolicy: () => true,
    renderError: (ctx, out, error) => {
      exchangeOf(ctx).refused = {
        error: out.error,
        description: out.error === "server_error" ? "something went wrong here" : out.error_description,
        status: (error as { statusCode?: number }).statusCode ?? 500,
      };
      ctx.body = "";
    },
  };
}

function grantSecondsLeft(ctx: KoaContextWithOIDC): number {
  const exp = ctx.oidc.entities.Grant?.exp;
  // At least one: the provider refuses what has run out before it comes to this.
  return Math.max(1, (exp ?? 0) - Math.floor(Date.now() / 1000));
}
