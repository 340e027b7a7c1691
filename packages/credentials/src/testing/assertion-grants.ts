/**
 * Tokens for tokens of somebody else: a JWT that says who calls is exchanged (RFC 8693), or is the grant itself
 * (RFC 7523; as ID-JAG, MCP "Enterprise-Managed Authorization"). What such a JWT must say is checked to the letter.
 */
import { createRemoteJWKSet, jwtVerify, type JWTPayload } from "jose";
import { errors, type Provider, type TokenEndpointGrantContext } from "oidc-provider";

/** Whose JWTs are good here. */
export interface TrustedIssuer {
  readonly issuer: string;
  /** Where its keys are. */
  readonly jwksUri: string;
  /** Whose account here the JWT is of; undefined: nobody's. */
  readonly userOf: (claims: JWTPayload) => string | undefined;
}

export const tokenExchange = "urn:ietf:params:oauth:grant-type:token-exchange";
export const jwtBearer = "urn:ietf:params:oauth:grant-type:jwt-bearer";

const jwtType = "urn:ietf:params:oauth:token-type:jwt";
const accessTokenType = "urn:ietf:params:oauth:token-type:access_token";

/** @param issued is told the claims of each JWT that was taken. */
export function registerAssertionGrants(
  provider: Provider,
  trusted: TrustedIssuer,
  issued: (claims: JWTPayload) => void,
): void {
  const keys = createRemoteJWKSet(new URL(trusted.jwksUri));

  async function verified(assertion: unknown, typ: string): Promise<JWTPayload> {
    const wanted = {
      issuer: trusted.issuer,
      audience: provider.issuer,
      typ,
      requiredClaims: ["sub", "exp", "jti"],
    };
    const { payload } = await jwtVerify(String(assertion), keys, wanted).catch((error: unknown) => {
      throw new errors.InvalidGrant(`the assertion is not good: ${String(error)}`);
    });
    return payload;
  }

  async function give(ctx: TokenEndpointGrantContext, claims: JWTPayload): Promise<void> {
    const { client, params } = ctx.oidc;
    const accountId = trusted.userOf(claims);
    if (accountId === undefined) throw new errors.InvalidGrant("nobody here is meant");
    const resource = params.resource ?? claims["resource"];
    const scope = params.scope ?? (claims["scope"] as string | undefined) ?? "read write";
    const grant = new provider.Grant({ accountId, clientId: client.clientId });
    const grantId = await grant.save();
    const token = new provider.AccessToken({ accountId, client, grantId, scope, gty: params.grant_type });
    if (typeof resource === "string")
      token.resourceServer = new provider.ResourceServer(resource, {
        scope,
        audience: resource,
        accessTokenFormat: "opaque",
      });
    ctx.body = {
      access_token: await token.save(),
      token_type: "Bearer",
      expires_in: token.expiration,
      scope,
      ...(params.grant_type === tokenExchange && { issued_token_type: accessTokenType }),
    };
    issued(claims);
  }

  provider.registerGrantType(
    tokenExchange,
    async (ctx) => {
      const { subject_token: token, subject_token_type: type } = ctx.oidc.params;
      if (type !== jwtType) throw new errors.InvalidRequest(`subject_token_type must be ${jwtType}`);
      await give(ctx, await verified(token, "JWT"));
    },
    ["subject_token", "subject_token_type", "requested_token_type", "audience", "resource", "scope"],
  );
  provider.registerGrantType(
    jwtBearer,
    async (ctx) => {
      const claims = await verified(ctx.oidc.params["assertion"], "oauth-id-jag+jwt");
      if (claims["client_id"] !== ctx.oidc.client.clientId)
        throw new errors.InvalidGrant("the assertion is for another client");
      await give(ctx, claims);
    },
    ["assertion", "resource", "scope"],
  );
}
