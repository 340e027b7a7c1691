/** As which client to speak to an authorization server (MCP authorization, "Client Registration Approaches"). */
import { RecentMap } from "@castellan/web";
import { credentialFaults } from "../faults.ts";
import type { ClientStore } from "./client-store.ts";
import type { Issuer } from "./issuer.ts";
import type { OAuthTarget } from "./oauth.ts";
import type { OwnClient } from "./own-client.ts";
import { register } from "./registration.ts";
import { givenClient, publishedClient, type UpstreamClient } from "./upstream-client.ts";
import type { Way } from "./wire.ts";

export interface ClientGround {
  readonly way: Way;
  readonly store: ClientStore;
  readonly own: OwnClient;
  readonly now: () => number;
}

export interface Clients {
  /**
   * For a new sign-in: the one that an admin gave, else our document, else a registration, made now if there is none.
   * Throws `upstream_auth_unsupported`, `credentials_unavailable`.
   */
  choose(target: OAuthTarget, issuer: Issuer, renews: boolean): Promise<UpstreamClient>;
  /** For a grant without a sign-in: undefined where there is none that need not be registered for it. */
  chooseUnregistered(target: OAuthTarget, issuer: Issuer): UpstreamClient | undefined;
  /** By which something was granted; undefined: we have it no more. */
  find(target: OAuthTarget, issuer: Issuer, clientId: string): Promise<UpstreamClient | undefined>;
}

/** So often at most is a registration renewed, whoever tries. */
const renewalMs = 600_000;
const maxRemembered = 1000;

export function createClients({ way, store, own, now }: ClientGround): Clients {
  const underWay = new Map<string, Promise<UpstreamClient>>();
  const renewedAt = new RecentMap<string, number>(maxRemembered);

  const chooseUnregistered = (target: OAuthTarget, issuer: Issuer): UpstreamClient | undefined => {
    const given = givenClient(target, issuer);
    if (given !== undefined) return given;
    return issuer.takesClientDocuments && own.isPublished
      ? publishedClient(own.metadataUrl(issuer.issuer))
      : undefined;
  };

  async function registered(target: OAuthTarget, issuer: Issuer, renews: boolean): Promise<UpstreamClient> {
    const introduction = own.introduction(issuer.issuer);
    const known = await store.newest(issuer.issuer, introduction.redirectUri);
    const lastMs = renewedAt.get(issuer.issuer) ?? Number.NEGATIVE_INFINITY;
    if (known !== undefined && (!renews || now() - lastMs < renewalMs)) return known;
    renewedAt.set(issuer.issuer, now());
    return store.add(await register(way, { target, issuer, introduction }, now()));
  }

  return {
    chooseUnregistered,
    choose: async (target, issuer, renews) => {
      const unregistered = chooseUnregistered(target, issuer);
      if (unregistered !== undefined) return unregistered;
      if (issuer.registrationEndpoint === undefined)
        throw credentialFaults.fault(
          "upstream_auth_unsupported",
          `The authorization server ${issuer.issuer} takes only clients that were registered there by hand. ` +
            `An admin registers one with the redirect address ${own.redirectUri(issuer.issuer)}, ` +
            "and gives its id and secret as the server's client.",
        );
      // Two who come at once are to be one client.
      const running = underWay.get(issuer.issuer);
      if (running !== undefined) return running;
      const work = registered(target, issuer, renews).finally(() => underWay.delete(issuer.issuer));
      underWay.set(issuer.issuer, work);
      return work;
    },
    find: async (target, issuer, clientId) => {
      const unregistered = [givenClient(target, issuer), publishedClient(own.metadataUrl(issuer.issuer))];
      return (
        unregistered.find((client) => client?.id === clientId) ?? (await store.find(issuer.issuer, clientId))
      );
    },
  };
}
