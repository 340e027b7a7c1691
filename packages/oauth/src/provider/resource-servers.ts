/** What may be issued for a resource: the provider asks for each that a request names, and gives no scope beyond. */
import { findGrant, giverOfGrant, portalScope } from "@castellan/access";
import type { Queryable } from "@castellan/database";
import { errors, type Client, type KoaContextWithOIDC, type ResourceServer } from "oidc-provider";
import type { ClientFeatures, EntryPolicy, Portals, Target } from "../ports.ts";
import {
  askedScopes,
  scopesForItself,
  scopesWithinRights,
  targetNamed,
  wordsOf,
} from "../resource/asked-scopes.ts";
import { unsettled, type Targets } from "../resource/targets.ts";
import type { PersonAccount } from "./accounts.ts";

export interface ResourceServersOptions {
  readonly targets: Targets;
  readonly portals: Pick<Portals, "defaultSlug">;
  readonly clients: Pick<ClientFeatures, "scopesOf">;
  readonly database: Queryable;
  readonly policy: EntryPolicy | undefined;
}

export interface ResourceServers {
  /** Throws the provider's `invalid_target` and `invalid_grant`. */
  find(ctx: KoaContextWithOIDC, resource: string, client: Client): Promise<ResourceServer>;
  /** The resource of a request that names none; only one at a time is ever issued for. */
  byDefault(
    ctx: KoaContextWithOIDC,
    client: Client,
    oneOf: readonly string[] | undefined,
  ): string | readonly string[] | undefined;
}

export function createResourceServers(options: ResourceServersOptions): ResourceServers {
  const { targets, portals, clients } = options;
  return {
    find: async (ctx, resource, client) => {
      const asked = ctx.oidc.params?.["resource"];
      if (Array.isArray(asked) && asked.length > 1)
        throw new errors.InvalidTarget("a token is for one resource: name one");
      const isBrowser = ctx.oidc.route === "authorization" || ctx.oidc.route === "resume";
      if (resource === unsettled && isBrowser) return server(resource, []);
      const target = targets.byResource(resource);
      if (isBrowser) {
        if (target === undefined) throw new errors.InvalidTarget("the resource is not one of this server's");
        return server(resource, askedScopes(target, wordsOf(ctx.oidc.params?.["scope"] as string)));
      }
      return ctx.oidc.params?.["grant_type"] === "client_credentials"
        ? server(resource, forClient(ctx, target, clients.scopesOf(client)))
        : server(resource, await forPerson(ctx, target, options));
    },
    byDefault: (ctx, client, oneOf) => {
      if (oneOf !== undefined || ctx.oidc.params?.["grant_type"] !== "client_credentials") return oneOf;
      const given = clients.scopesOf(client);
      const named = targetNamed(given);
      if (named?.kind === "api") return targets.resource(undefined);
      const slug = named?.slug ?? portals.defaultSlug;
      if (slug === undefined) throw new errors.InvalidTarget("name the resource that the token is for");
      return targets.resource(slug);
    },
  };
}

/** What is still theirs to give of what they gave. */
async function forPerson(
  ctx: KoaContextWithOIDC,
  target: Target | undefined,
  { database, policy }: Pick<ResourceServersOptions, "database" | "policy">,
): Promise<string[]> {
  const { Account, Grant } = ctx.oidc.entities;
  const user = (Account as PersonAccount | undefined)?.user;
  const granted = target && Grant && Object.values(Grant.resources ?? {}).flatMap((scope) => wordsOf(scope));
  const scopes = target && user && granted ? scopesWithinRights(target, granted, user) : [];
  // The portal is gone, or the person may not use it any more: nothing is left of the grant.
  if (scopes.length === 0) throw new errors.InvalidGrant("nothing of what was granted may be used any more");
  if (policy !== undefined && target?.kind === "portal") {
    const grant = await findGrant(database, Grant?.jti ?? "");
    // The client is the one that asks, and may be anywhere: a token is looked at again wherever it is used.
    const isLetIn =
      user !== undefined &&
      grant !== undefined &&
      (await policy.mayEnter(await giverOfGrant(database, user, grant), target.portal.slug, undefined));
    if (!isLetIn) throw new errors.InvalidGrant("rules keep the person out");
  }
  return scopes;
}

function forClient(
  ctx: KoaContextWithOIDC,
  target: Target | undefined,
  given: readonly string[],
): readonly string[] {
  const scopes = target && scopesForItself(target, given);
  if (scopes === undefined || scopes.length === 0)
    throw new errors.InvalidTarget("the client may not use this resource");
  // Silence means all that it may (RFC 6749 §3.3); the right to enter is part of anything less.
  const asked = wordsOf(ctx.oidc.params?.["scope"] as string | undefined).filter((word) =>
    scopes.includes(word),
  );
  const entry = target?.kind === "portal" ? [portalScope(target.portal.slug)] : [];
  const wanted = asked.length === 0 ? scopes : [...new Set([...entry, ...asked])];
  if (ctx.oidc.params) ctx.oidc.params["scope"] = wanted.join(" ");
  return scopes;
}

function server(resource: string, scopes: readonly string[]): ResourceServer {
  return { scope: scopes.join(" "), audience: resource, accessTokenFormat: "opaque" };
}
