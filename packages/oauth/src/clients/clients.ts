/** The clients of the house: who is let in as one, and what the parts around them need. */
import type { Database } from "@castellan/database";
import type { Clock } from "@castellan/kernel";
import type { RateLimiter } from "@castellan/limits";
import type { Outbound } from "@castellan/web";
import type { Hono } from "hono";
import type { ClientFeatures } from "../ports.ts";
import { isDocumentUrl } from "./client-document.ts";
import { ClientDocuments } from "./client-documents.ts";
import { createClientStore, type ClientStore } from "./client-store.ts";
import type { Client } from "./client.ts";
import { isClientId } from "./command-line-client.ts";
import { createProviderFeatures } from "./provider-features.ts";
import { isRedirectPermitted, type RedirectRule } from "./redirect-rules.ts";
import { createRegistration } from "./registration.ts";
import { sweepBatch, sweepClients } from "./sweep-clients.ts";

/**
 * Which clients an installation takes beside those that an admin registered. `open`: any. `documents`: those that a
 * document describes. `off`: none; those that came before are not taken either, and not forgotten.
 */
export const clientRegistrations = ["open", "documents", "off"] as const;

export type ClientRegistration = (typeof clientRegistrations)[number];

export interface ClientsOptions {
  readonly database: Database;
  readonly clock: Clock;
  readonly outbound: Pick<Outbound, "fetch">;
  readonly limiter: Pick<RateLimiter, "take">;
  readonly registration: ClientRegistration;
  /** Where strangers may have people sent; none: anywhere. */
  readonly redirectRules: readonly RedirectRule[];
  /** The whole URL at which `registrationApp` is mounted. */
  readonly registrationEndpoint: string;
  /** Told of what fails while nobody waits. */
  readonly onError: (error: unknown) => void;
}

export interface Clients extends AsyncDisposable {
  readonly store: ClientStore;
  /** The endpoint for dynamic registration (RFC 7591), closed where it is not open. */
  readonly registrationApp: Hono;
  readonly features: ClientFeatures;
  /**
   * The client of that id, as it is let in now.
   *
   * @throws client_document_invalid · client_document_unavailable
   */
  find(id: string): Promise<Client | undefined>;
}

const sweepEveryMs = 10 * 60_000;

/** Disposing of it waits for what is being noted. */
export function createClients(options: ClientsOptions): Clients {
  const { database, clock, outbound, limiter, registration, redirectRules, onError } = options;
  const store = createClientStore({ database, clock });
  const documents = new ClientDocuments({ store, outbound, limiter, clock });
  const takesDocuments = registration !== "off";
  const isOpen = registration === "open";

  async function find(id: string): Promise<Client | undefined> {
    if (isDocumentUrl(id))
      return takesDocuments ? permitted(await documents.get(id), redirectRules) : undefined;
    if (!isClientId(id)) return undefined;
    const client = await store.find(id);
    if (client === undefined || client.kind === "registered") return client;
    return isOpen ? permitted(client, redirectRules) : undefined;
  }

  const underWay = new Set<Promise<void>>();
  const aside = (work: Promise<unknown>) => {
    const done = work.then(() => {}, onError).finally(() => underWay.delete(done));
    underWay.add(done);
  };
  const closing = new AbortController();
  const sweep = async () => {
    while (!closing.signal.aborted && (await sweepClients(database, new Date(clock.now()))) === sweepBatch);
  };
  const sweeping = setInterval(() => aside(sweep()), sweepEveryMs).unref();

  return {
    store,
    find,
    registrationApp: createRegistration({ store, limiter, isOpen, rules: redirectRules }),
    features: createProviderFeatures({
      find,
      noteUse: (id) => aside(store.noteUse(id)),
      outbound,
      clock,
      takesDocuments,
      registrationEndpoint: isOpen ? options.registrationEndpoint : undefined,
    }),
    async [Symbol.asyncDispose]() {
      closing.abort();
      clearInterval(sweeping);
      await Promise.all(underWay);
    },
  };
}

/** A stranger with those redirect URIs that are permitted now; undefined without any. */
function permitted(client: Client, rules: readonly RedirectRule[]): Client | undefined {
  const redirectUris = client.redirectUris.filter((uri) => isRedirectPermitted(uri, rules));
  return redirectUris.length === 0 ? undefined : { ...client, redirectUris };
}
