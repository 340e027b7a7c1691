/** The provider's storage port: which model is kept where, and what it owes (RFC 6749 §4.1.2, RFC 9700 §4.14, RFC 7523 §3). */
import {
  addAccessToken,
  endGrant,
  findAccessToken,
  findGrant,
  hashSecret,
  holdClientScopes,
  isSecret,
  revokeAccessToken,
} from "@castellan/access";
import type { Database } from "@castellan/database";
import { isFault, type Clock, type Id } from "@castellan/kernel";
import type { Vault } from "@castellan/vault";
import { errors, Provider, type Adapter, type AdapterFactory, type AdapterPayload } from "oidc-provider";
import { currentExchange } from "../provider/exchange.ts";
import type { Targets } from "../resource/targets.ts";
import { Artifacts } from "./artifacts.ts";
import {
  addRefreshToken,
  addSuccessor,
  findRefreshToken,
  parallelMs,
  rotate,
  type RotationOutcome,
} from "./refresh-tokens.ts";

export interface StorageOptions {
  readonly database: Database;
  readonly vault: Vault;
  readonly clock: Clock;
  readonly targets: Targets;
  /** Authorization requests that wait for a person. */
  readonly waiting: Artifacts<AdapterPayload>;
  /** Where clients are kept, and what belongs to their registration. */
  readonly clients: (model: string) => Adapter | undefined;
}

export function createAdapters(options: StorageOptions): AdapterFactory {
  const own: Record<string, () => Adapter> = {
    Grant: () => grants(options),
    AccessToken: () => accessTokens(options),
    ClientCredentials: () => accessTokens(options),
    RefreshToken: () => refreshTokens(options),
    AuthorizationCode: () => authorizationCodes(options),
    Interaction: () => interactions(options),
    ReplayDetection: () => assertionIds(options),
    Session: () => base,
  };
  return (model) => {
    const adapter = own[model]?.() ?? options.clients(model);
    if (adapter === undefined) throw new Error(`The provider wants to keep a ${model}, which nobody keeps`);
    return adapter;
  };
}

/**
 * Keeps nothing. For the provider's own browser sessions that is all: who is signed in is asked anew by each request,
 * of those who know. Tokens end with their grant, so nothing is to be done for each kind of them.
 */
const base: Adapter = {
  upsert: async () => {},
  find: async () => undefined,
  findByUid: async () => undefined,
  findByUserCode: async () => undefined,
  consume: async () => {},
  destroy: async () => {},
  revokeByGrantId: async () => {},
};

/** Grants are written when a person agrees (`authorization-requests.ts`); the provider only reads and ends them. */
function grants({ database, clock, targets }: StorageOptions): Adapter {
  return {
    ...base,
    find: async (id) => {
      const grant = await findGrant(database, id);
      if (grant === undefined || grant.endedAt !== undefined) return undefined;
      return {
        kind: "Grant",
        jti: grant.id,
        accountId: grant.userId,
        clientId: grant.clientId,
        resources: { [targets.resource(grant.portal)]: grant.scopes.join(" ") },
        iat: toSeconds(grant.createdAt),
        exp: toSeconds(grant.expiresAt),
      };
    },
    destroy: async (id) => {
      try {
        await endGrant(database, id as Id<"grant">, { now: new Date(clock.now()) });
      } catch (error) {
        if (!isFault(error, "grant_not_found")) throw error;
      }
    },
  };
}

function accessTokens({ database, clock, targets }: StorageOptions): Adapter {
  return {
    ...base,
    upsert: async (id, payload) => {
      const target = targets.byResource(String(payload.aud));
      if (target === undefined) throw new errors.InvalidTarget();
      const isSuccessors = currentExchange()?.rotation !== undefined;
      const refreshToken = isSuccessors ? Provider.ctx?.oidc.entities.RefreshToken?.jti : undefined;
      const token = {
        hash: hashSecret(id),
        grantId: payload.grantId as Id<"grant"> | undefined,
        clientId: payload.clientId as string,
        portal: target.kind === "portal" ? target.portal.slug : undefined,
        scopes: payload.scope?.split(" ") ?? [],
        createdAt: fromSeconds(payload.iat),
        expiresAt: fromSeconds(payload.exp),
        refreshHash: refreshToken === undefined ? undefined : hashSecret(refreshToken),
      };
      if (token.grantId !== undefined) return addAccessToken(database, token);
      // What a client has for itself ends with the client, or when it may do less: a token is made before or after that.
      await database.transaction(async (tx) => {
        if (!(await holdClientScopes(tx, token.clientId, token.scopes))) throw new errors.InvalidClientAuth();
        await addAccessToken(tx, token);
      });
    },
    find: async (id) => {
      const token = isSecret(id, "access") ? await findAccessToken(database, hashSecret(id)) : undefined;
      if (token === undefined) return undefined;
      const { clientId, portal, scopes, createdAt, expiresAt, grantId } = token;
      const grant = grantId && (await findGrant(database, grantId));
      return {
        jti: id,
        clientId,
        aud: targets.resource(portal),
        scope: scopes.join(" "),
        iat: toSeconds(createdAt),
        exp: toSeconds(expiresAt),
        ...(grant === undefined
          ? { kind: "ClientCredentials" }
          : { kind: "AccessToken", grantId: grant.id, accountId: grant.userId }),
      };
    },
    destroy: (id) => revokeAccessToken(database, hashSecret(id), new Date(clock.now())),
  };
}

function refreshTokens({ database, clock }: StorageOptions): Adapter {
  return {
    ...base,
    upsert: async (id, stored) => {
      const payload = withoutValue(stored);
      const { grantId } = payload;
      if (grantId === undefined) throw new Error("A refresh token without a grant");
      const token = {
        hash: hashSecret(id),
        grantId,
        payload,
        expiresAt: fromSeconds(payload.exp),
      };
      const rotation = currentExchange()?.rotation;
      if (rotation === undefined) await addRefreshToken(database, token);
      else if (!(await addSuccessor(database, token, rotation))) throw parallel();
    },
    find: async (id) => {
      if (!isSecret(id, "refresh")) return undefined;
      const token = await findRefreshToken(database, hashSecret(id));
      return token && { ...token.payload, jti: id };
    },
    consume: async (id) => {
      const outcome = await rotate(database, hashSecret(id), new Date(clock.now()));
      const exchange = currentExchange();
      if (outcome.kind !== "rotated" || exchange === undefined) throw refusal(outcome.kind);
      exchange.rotation = outcome.rotation;
    },
  };
}

function authorizationCodes(options: StorageOptions): Adapter {
  const codes = new Artifacts<AdapterPayload>("code", options);
  return {
    ...base,
    upsert: (id, payload, seconds) => codes.put(id, withoutValue(payload), seconds ?? 0),
    find: async (id) => {
      const code = await codes.find(id);
      if (code === undefined) return undefined;
      // One that came before the code was used up lost a race, and is refused; one that comes after is a reuse, and
      // the provider ends the grant (RFC 6749 §4.1.2).
      const arrivedAtMs = currentExchange()?.arrivedAtMs ?? options.clock.now();
      const isReuse = code.consumedAtMs !== undefined && code.consumedAtMs < arrivedAtMs;
      return { ...code.payload, jti: id, ...(isReuse && { consumed: true }) };
    },
    consume: async (id) => {
      if (!(await codes.consume(id))) throw new errors.InvalidGrant("authorization code already consumed");
    },
  };
}

function interactions({ waiting }: StorageOptions): Adapter {
  return {
    ...base,
    upsert: (id, payload, seconds) => waiting.put(id, payload, seconds ?? 0),
    find: async (id) => (await waiting.find(id))?.payload,
    // When it is answered, ahead of the code that comes of it: one decision, one code.
    destroy: async (id) => {
      if (!(await waiting.remove(id))) throw new errors.SessionNotFound("interaction session not found");
    },
  };
}

/** Ids of client assertions, each good once until it expires (RFC 7523 §3 (7)). */
function assertionIds(options: StorageOptions): Adapter {
  const ids = new Artifacts<AdapterPayload>("assertion", options);
  return {
    ...base,
    upsert: async (id, payload, seconds) => {
      if (await ids.putOnce(id, payload, seconds ?? 0)) return;
      throw new errors.InvalidClientAuth("client assertion tokens must only be used once");
    },
  };
}

function refusal(kind: RotationOutcome["kind"]): Error {
  if (kind === "parallel") return parallel();
  return new errors.InvalidGrant(
    kind === "copied" ? "refresh token already used" : "refresh token was replaced by another",
  );
}

/** Another request is exchanging the token, or just did. */
function parallel(): Error {
  const error = new errors.TemporarilyUnavailable("the refresh token is being exchanged by another request");
  Provider.ctx?.set("Retry-After", String(parallelMs / 1000));
  return Object.assign(error, { status: 503, statusCode: 503 });
}

/** What is kept of a token: the provider's id of one is the token itself. */
function withoutValue(payload: AdapterPayload): AdapterPayload {
  const kept = { ...payload };
  delete kept.jti;
  return kept;
}

function toSeconds(date: Date): number {
  return Math.floor(date.getTime() / 1000);
}

function fromSeconds(seconds: number | undefined): Date {
  return new Date((seconds ?? 0) * 1000);
}
