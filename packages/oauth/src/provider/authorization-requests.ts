/** Authorization requests that wait for a person: what the pages ask, carried over to the provider's own words. */
import { addGrant } from "@castellan/access";
import type { Database } from "@castellan/database";
import type { Clock } from "@castellan/kernel";
import type { Context } from "hono";
import { getCookie } from "hono/cookie";
import { errors, type Client, type Interaction, type Provider } from "oidc-provider";
import { oauthFaults } from "../faults.ts";
import type {
  AuthorizationRequest,
  AuthorizationRequests,
  ClientFeatures,
  SignedIn,
  Target,
} from "../ports.ts";
import { askedScopes, scopesWithinRights, wordsOf } from "../resource/asked-scopes.ts";
import { unsettled, type Targets } from "../resource/targets.ts";

export interface AuthorizationRequestsOptions {
  readonly provider: Provider;
  readonly database: Database;
  readonly clock: Clock;
  readonly targets: Targets;
  readonly clients: Pick<ClientFeatures, "describe">;
  /** The cookie in which the provider put the id of the request. */
  readonly cookie: string;
  readonly path: (uid: string) => string;
  /** Of several answers to one request, the first gets true. */
  readonly settle: (uid: string) => Promise<boolean>;
  readonly grantSeconds: number;
}

export function createAuthorizationRequests(options: AuthorizationRequestsOptions): AuthorizationRequests {
  const { provider, database, clock, targets, clients, cookie, path, settle, grantSeconds } = options;

  async function open(c: Context, uid: string): Promise<Waiting> {
    if (getCookie(c, cookie) !== uid) throw gone();
    const interaction = await provider.Interaction.find(uid);
    if (interaction === undefined || interaction.result !== undefined) throw gone();
    const { params } = interaction;
    const client = await findClient(provider, text(params["client_id"]));
    const target = targetOf(text(params["resource"]));
    if (client === undefined || target === "gone") throw gone();
    // It may have been taken back since, because somebody else is there by now.
    if (!client.redirectUriAllowed(text(params["redirect_uri"]))) throw gone();
    return { interaction, client, target };
  }

  function targetOf(resource: string): Target | undefined | "gone" {
    return resource === unsettled ? undefined : (targets.byResource(resource) ?? "gone");
  }

  async function finish(
    interaction: Interaction,
    result: NonNullable<Interaction["result"]>,
  ): Promise<string> {
    interaction.result = result;
    await interaction.persist();
    return interaction.returnTo;
  }

  async function deny(uid: string, interaction: Interaction): Promise<string> {
    if (!(await settle(uid))) throw gone();
    return finish(interaction, {
      error: "access_denied",
      error_description: "the person did not let the client in",
    });
  }

  return {
    path,
    get: async (c, uid) => {
      const { interaction, client, target } = await open(c, uid);
      const { params, iat } = interaction;
      return {
        uid,
        client: clients.describe(client),
        redirectUri: text(params["redirect_uri"]),
        target,
        scopes: wordsOf(text(params["scope"])),
        asksForProof: wordsOf(text(params["prompt"])).includes("login"),
        startedAt: new Date(iat * 1000),
      } satisfies AuthorizationRequest;
    },
    choose: async (c, uid, slug) => {
      const { interaction, target } = await open(c, uid);
      const chosen = targets.bySlug(slug);
      if (chosen === undefined) throw gone();
      const resource = targets.resourceOf(chosen);
      if (target !== undefined && targets.resourceOf(target) !== resource)
        throw oauthFaults.fault("authorization_target_settled", "The request is for another portal by now");
      const scopes = askedScopes(chosen, wordsOf(text(interaction.params["scope"])));
      interaction.params = { ...interaction.params, resource, scope: scopes.join(" ") };
      await interaction.persist();
    },
    allow: async (c, uid, by, scopes) => {
      const { interaction, client, target } = await open(c, uid);
      // Whatever the page says, nobody gives more than they have.
      const given = target === undefined ? [] : scopesWithinRights(target, scopes, by.user);
      if (target === undefined || given.length === 0) return deny(uid, interaction);
      if (!(await settle(uid))) throw gone();
      const createdAt = new Date(clock.now());
      const grant = await addGrant(database, {
        userId: by.user.id,
        clientId: client.clientId,
        clientName: clients.describe(client).name,
        portal: target.kind === "portal" ? target.portal.slug : undefined,
        scopes: given,
        signInId: by.session.id,
        createdAt,
        expiresAt: new Date(createdAt.getTime() + grantSeconds * 1000),
      });
      interaction.params = { ...interaction.params, scope: given.join(" ") };
      return finish(interaction, { login: loginOf(by), consent: { grantId: grant.id } });
    },
    deny: async (c, uid) => deny(uid, (await open(c, uid)).interaction),
  };
}

interface Waiting {
  readonly interaction: Interaction;
  readonly client: Client;
  readonly target: Target | undefined;
}

/** Undefined for one that is not taken, or not now: what a client says of itself may have become unusable meanwhile. */
async function findClient(provider: Provider, id: string): Promise<Client | undefined> {
  try {
    return await provider.Client.find(id);
  } catch (error) {
    if (error instanceof errors.OIDCProviderError) return undefined;
    throw error;
  }
}

function loginOf({ user, session }: SignedIn) {
  return {
    accountId: user.id,
    remember: false,
    ts: Math.floor(session.authenticatedAt.getTime() / 1000),
    amr: [...session.amr],
  };
}

/** A parameter that was sent once, or "". */
function text(value: unknown): string {
  return typeof value === "string" ? value : "";
}

function gone(): Error {
  return oauthFaults.fault(
    "authorization_request_gone",
    "This question was asked in another browser, has been answered, or is too old. Go back to the program that asked, and connect again.",
  );
}
