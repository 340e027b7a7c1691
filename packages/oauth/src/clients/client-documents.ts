/** Clients that are described at a URL: read when they are asked for, kept in the database for all replicas. */
import { isFault, type Clock } from "@castellan/kernel";
import type { RateLimiter } from "@castellan/limits";
import type { Outbound } from "@castellan/web";
import { oauthFaults } from "../faults.ts";
import { readClientDocument } from "./client-document.ts";
import type { ClientStore } from "./client-store.ts";
import type { Client } from "./client.ts";
import { maxDocumentAgeMs } from "./document-freshness.ts";

export interface ClientDocumentsOptions {
  readonly store: Pick<ClientStore, "find" | "keepDocument">;
  readonly outbound: Pick<Outbound, "fetch">;
  readonly limiter: Pick<RateLimiter, "take">;
  readonly clock: Clock;
}

/** Who may cause a request is anybody: neither one host nor all of them are to be flooded from here. */
const perHost = { perMinute: 30 };
const inAll = { perMinute: 600 };

export class ClientDocuments {
  readonly #options: ClientDocumentsOptions;
  /** What is being looked for, so that many who ask at once cause one request. */
  readonly #underWay = new Map<string, Promise<Client>>();

  constructor(options: ClientDocumentsOptions) {
    this.#options = options;
  }

  /**
   * The client as its document says, read anew when that is due. While its server cannot be reached, what it said within
   * the last seven days holds: sign-ins and refreshes do not hang on somebody else's server.
   *
   * @throws client_document_unavailable · client_document_invalid
   */
  get(url: string): Promise<Client> {
    const underWay = this.#underWay.get(url);
    if (underWay) return underWay;
    const getting = this.#get(url).finally(() => this.#underWay.delete(url));
    this.#underWay.set(url, getting);
    return getting;
  }

  async #get(url: string): Promise<Client> {
    const { store, clock } = this.#options;
    const kept = await store.find(url);
    const isFresh = kept?.freshUntil !== undefined && kept.freshUntil.getTime() > clock.now();
    return isFresh ? kept : this.#read(url, kept);
  }

  async #read(url: string, kept: Client | undefined): Promise<Client> {
    const { store, outbound, clock } = this.#options;
    try {
      await this.#assertNotTooMany(url);
      const { metadata, freshMs } = await readClientDocument(url, { outbound, nowMs: clock.now() });
      return await store.keepDocument(url, metadata, new Date(clock.now() + freshMs));
    } catch (error) {
      const age = kept?.readAt === undefined ? Infinity : clock.now() - kept.readAt.getTime();
      if (kept && age < maxDocumentAgeMs && isFault(error, "client_document_unavailable")) return kept;
      throw error;
    }
  }

  async #assertNotTooMany(url: string): Promise<void> {
    const { limiter } = this.#options;
    const host = await limiter.take(`client-documents ${new URL(url).host}`, perHost);
    const all = host.allowed ? await limiter.take("client-documents", inAll) : host;
    if (all.allowed) return;
    if (host.allowed) host.giveBack();
    throw oauthFaults.fault(
      "client_document_unavailable",
      "The client's description was not read: too many were lately",
      { data: { retryAfterSeconds: Math.ceil(all.retryAfterMs / 1000) } },
    );
  }
}
