/** Puts together what speaks with the authorization servers of others. */
import type { Database } from "@castellan/database";
import { isFault, type Clock } from "@castellan/kernel";
import type { Vault } from "@castellan/vault";
import { beginAuthorization, finishAuthorization, planAuthorization } from "./authorization.ts";
import { createClients } from "./choose-client.ts";
import { createClientStore } from "./client-store.ts";
import { createDiscovery } from "./discovery.ts";
import { clientCredentials, findGrantor, jwtBearer, refresh, revoke, tokenExchange } from "./grants.ts";
import type { Discovered, OAuth, OAuthTarget } from "./oauth.ts";
import { createOwnClient } from "./own-client.ts";
import type { Way } from "./wire.ts";

export interface OAuthOptions {
  readonly database: Database;
  readonly vault: Pick<Vault, "seal" | "open">;
  readonly clock: Clock;
  readonly outbound: Way;
  readonly publicUrl: URL;
  /** Where our document for an issuer is, if not here: for tests against servers that expect it elsewhere. */
  readonly clientMetadataUrl?: ((issuerKey: string) => string) | undefined;
}

export function createOAuth(options: OAuthOptions): OAuth {
  const { database, vault, clock, outbound: way, publicUrl, clientMetadataUrl } = options;
  const now = () => clock.now();
  const own = createOwnClient({ publicUrl, metadataUrl: clientMetadataUrl });
  const store = createClientStore({ database, vault, now });
  const clients = createClients({ way, store, own, now });
  const discovery = createDiscovery({ way, clock });
  const ground = { way, now, own, store, clients, discovery };

  async function discover(
    target: OAuthTarget,
    challenge: string | undefined,
    signal: AbortSignal,
  ): Promise<Discovered> {
    const guard = await discovery.guardOf(target, signal, { challenge });
    const { origin } = new URL(target.url);
    const { resource, scopes } = guard;
    if (guard.issuer !== undefined) return { asksForOAuth: true, issuer: guard.issuer, resource, scopes };
    const atOrigin = await findAtOrigin(target, origin, signal);
    return atOrigin ? { asksForOAuth: true, issuer: origin, resource, scopes } : { asksForOAuth: false };
  }

  /** MCP 2025-03-26: the server is its own authorization server. What contradicts itself there is none. */
  async function findAtOrigin(target: OAuthTarget, origin: string, signal: AbortSignal): Promise<boolean> {
    try {
      return (await discovery.findIssuer(target, origin, signal)) !== undefined;
    } catch (error) {
      if (isFault(error, "upstream_auth_invalid")) return false;
      throw error;
    }
  }

  return {
    discover,
    forget: (targetId) => discovery.forget(targetId),
    planAuthorization: (target, wish, signal) => planAuthorization(ground, target, wish, signal),
    beginAuthorization: (target, wish, signal) => beginAuthorization(ground, target, wish, signal),
    finishAuthorization: (target, flow, callback, signal) =>
      finishAuthorization(ground, target, flow, callback, signal),
    refresh: (target, held, signal) => refresh(ground, target, held, signal),
    revoke: (target, held, signal) => revoke(ground, target, held, signal),
    grantor: async (target, signal) => {
      const grantor = await findGrantor(ground, target, signal);
      const { issuer, tokenEndpoint, clientId, resource, scopes } = grantor;
      return { issuer, tokenEndpoint, clientId, resource, scopes };
    },
    clientCredentials: (target, signal) => clientCredentials(ground, target, signal),
    tokenExchange: (target, exchange, signal) => tokenExchange(ground, target, exchange, signal),
    jwtBearer: (target, assertion, signal) => jwtBearer(ground, target, assertion, signal),
    redirectUri: (issuer) => own.redirectUri(issuer),
    clientMetadataUrl: (issuer) => own.metadataUrl(issuer),
    clientMetadata: (key) => own.metadata(key),
  };
}
