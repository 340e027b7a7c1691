/** The documents of the servers that are APIs: read when they are given, fetched anew daily, compiled where they are used. */
import {
  canonicalJson,
  type Catalog,
  type Definition,
  type Server,
  type ServerStore,
} from "@castellan/calls";
import type { ChangeFeed, Database } from "@castellan/database";
import type { Clock } from "@castellan/kernel";
import type { ClientIdentity, LocalServer } from "@castellan/mcp";
import type { Outbound } from "@castellan/web";
import type { ApiDocument } from "./document/api-document.ts";
import { openapiFaults } from "./faults.ts";
import { atField, readAddress, readGiven, type ReadGivenOptions } from "./refresh/document-reader.ts";
import { createRefreshing, type Refreshing } from "./refresh/refreshing.ts";
import { createApiServer } from "./server/api-server.ts";
import { createCodeDocuments, type CodeDocuments } from "./spec/code-documents.ts";
import { createDocumentStore, documentsTopic } from "./store/document-store.ts";
import type { NewDocument } from "./store/document.ts";
import { HeldDocuments } from "./store/held-documents.ts";
import { createDocumentThreads } from "./threads/document-threads.ts";

export interface ApiDocuments extends Refreshing {
  /**
   * What answers for a server that is an API (`UpstreamsOptions.localServers`); undefined for any other. With the definitions that
   * calls were judged by, an operation that the document describes otherwise is not called; without, it tells what is there now.
   */
  serverOf(server: Server, definitions?: readonly Definition[]): LocalServer | undefined;
  /** The document as it is compiled for this server. Undefined: there is none yet, or the server is no API. */
  documentOf(server: Pick<Server, "id" | "url">): Promise<ApiDocument | undefined>;
  /** What Code Mode needs of the documents, by server id. */
  readonly code: CodeDocuments;
  /** What an admin gives as text. Throws `document_invalid`, `document_too_large`, of the field; the signal's reason. */
  readText(text: string, how: ReadGivenOptions): Promise<NewDocument>;
  /** What an admin gives as an address. Throws what `fetchDocument` does, of the field `openapi.url`. */
  readAddress(url: string, how: ReadAddressOptions): Promise<NewDocument>;
}

export interface ReadAddressOptions {
  readonly allowPrivate: readonly string[];
  /** Where the API is, if that is known already. */
  readonly baseUrl?: string | undefined;
  readonly signal: AbortSignal;
}

export interface ApiDocumentsOptions {
  readonly database: Database;
  readonly servers: Pick<ServerStore, "findByIds">;
  readonly catalog: Pick<Catalog, "findById">;
  readonly outbound: Pick<Outbound, "fetch" | "check">;
  readonly changes: Pick<ChangeFeed, "on">;
  readonly clock: Clock;
  /** A server has another document: what it offers is to be read anew. Told on one replica. */
  readonly onChanged: (serverId: string) => void;
  readonly onError: (error: unknown) => void;
  /** Who the house says it is to the APIs. */
  readonly identity: ClientIdentity;
  readonly random?: (() => number) | undefined;
}

export function createApiDocuments(options: ApiDocumentsOptions): ApiDocuments {
  const { database, catalog, changes, clock, onChanged, outbound, identity } = options;
  const documents = createDocumentStore(database, clock);
  const held = new HeldDocuments<ApiDocument>();
  /** Digests by server; what is not here is asked for. */
  const digests = new Map<string, string>();
  /** What was read before a change was told may be what was there before it. */
  let told = 0;
  const stop = changes.on(documentsTopic, (keys) => {
    told += 1;
    if (keys === "all") digests.clear();
    else for (const id of keys) digests.delete(id);
  });
  const threads = createDocumentThreads();
  const closing = new AbortController();
  const refreshing = createRefreshing({ ...options, documents, threads });

  async function documentOf(server: Pick<Server, "id" | "url">): Promise<ApiDocument | undefined> {
    const digest = digests.get(server.id);
    return (digest === undefined ? undefined : held.get(keyOf(digest, server.url))) ?? newestOf(server);
  }

  /** As it is in the database at this moment: whoever reads what a server offers has just been told that it changed. */
  async function newestOf({ id, url }: Pick<Server, "id" | "url">): Promise<ApiDocument | undefined> {
    const before = told;
    const digest = await documents.digestOf(id);
    const known = digest === undefined ? undefined : held.get(keyOf(digest, url));
    const kept = known ? undefined : await documents.textOf(id);
    const found = known ? digest : kept?.digest;
    if (found !== undefined && before === told) digests.set(id, found);
    if (known || !kept) return known;
    const { text } = kept;
    return held.put(keyOf(kept.digest, url), text.length, () =>
      threads.compile(text, { baseUrl: url }, closing.signal),
    );
  }

  return {
    documentOf,
    code: createCodeDocuments({
      documentOf(id) {
        const known = catalog.findById(id);
        return known?.server.kind === "openapi" ? documentOf(known.server) : undefined;
      },
    }),

    serverOf(server, definitions) {
      if (server.kind !== "openapi") return undefined;
      const judged = new Map(
        definitions?.filter(({ kind }) => kind === "tool").map(({ name, text }) => [name, text]),
      );
      return createApiServer({
        identity,
        async document() {
          const document = await (definitions ? documentOf(server) : newestOf(server));
          if (document) return document;
          throw openapiFaults.fault(
            "document_unreachable",
            `The document of "${server.slug}" has not been fetched yet`,
          );
        },
        // Calls are judged by what was read last: one that the document has changed since is not the one that was judged.
        assertCurrent({ name, text }) {
          const before = judged.get(name) ?? text;
          if (before === text || canonicalJson(before) === canonicalJson(text)) return;
          onChanged(server.id);
          throw openapiFaults.fault(
            "api_operation_changed",
            `The document of "${server.slug}" describes ${name} otherwise now: nothing was called`,
          );
        },
      });
    },

    readText: (text, how) => readGiven(threads, text, how),

    async readAddress(given, { allowPrivate, baseUrl, signal }) {
      const url = outbound.check(given, { allowPrivate }, "openapi.url");
      url.hash = "";
      try {
        const read = await readAddress(
          { outbound, threads },
          { url: url.href, allowPrivate, baseUrl, signal },
        );
        return { sourceUrl: url.href, read };
      } catch (error) {
        throw atField(error, "openapi.url");
      }
    },

    refresh: (serverId, signal) => refreshing.refresh(serverId, signal),

    async [Symbol.asyncDispose]() {
      stop();
      closing.abort();
      await refreshing[Symbol.asyncDispose]();
      await threads[Symbol.asyncDispose]();
    },
  };

  function keyOf(digest: string, url: string): string {
    return `${digest} ${url}`;
  }
}
