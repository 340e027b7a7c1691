/** Lines to upstream servers: one for each owner in the modern era, one per session in the legacy one. */
import { house, type Owner, type RequestCredentials, type Target } from "@castellan/credentials";
import { isFault, kernelFaults } from "@castellan/kernel";
import {
  addressBelow,
  countUp,
  createModernChannel,
  findServer,
  isObject,
  latestModernVersion,
  mcpFaults,
  openLegacyChannel,
  type Channel,
  type ClientIdentity,
  type FoundBelow,
  type FoundServer,
  type LegacyChannelOptions,
  type LegacyClient,
  type LocalServer,
  type ServerHello,
  type UpstreamLimits,
  type UpstreamTarget,
} from "@castellan/mcp";
import type { Outbound } from "@castellan/web";
import type { Catalog, CatalogServer } from "../catalog/catalog.ts";
import { boundCredentials, identify, onMoved, type Acting } from "../credentials/acting.ts";
import type { CallCredentials } from "../credentials/ports.ts";
import { callFaults } from "../faults.ts";
import type { Server } from "../servers/server.ts";
import { targetOf } from "../servers/target-of.ts";
import { foundEras, type FoundEras } from "./found-eras.ts";
import { learningCredentials } from "./learn-auth.ts";
import { erasWithoutTokens } from "./without-tokens.ts";

export interface Upstreams extends Disposable {
  /**
   * The line that the modern requests of an owner share; it has no session. Throws `upstream_era_unsupported`, also where
   * HTTP+SSE was set.
   */
  modern(server: CatalogServer, owner: Owner): Channel;
  /** The server as it is now. Throws `server_changed` where that is another one, or none: what waited was meant for this one. */
  current(server: CatalogServer): CatalogServer;
  /** Ahead of what cannot say later that it wants something: throws what `Credentials.prepare` does. */
  prepare(server: CatalogServer, owner: Owner, signal: AbortSignal): Promise<void>;
  /** As whom the server knows an owner's requests. Throws what `Credentials.identityOf` does. */
  identify(server: CatalogServer, owner: Owner): Promise<Acting>;
  /** Calls back once, when the owner has another account at the server. Returns how to stop. */
  onMoved(server: CatalogServer, acting: Acting, moved: () => void): () => void;
  /**
   * A line for one legacy session, over the transport that was set, else over the one that was found; whoever
   * opens it disposes of it. It is good for that identity only. Throws what `Channel.request` does.
   */
  openLegacy(
    server: CatalogServer,
    client: LegacyClient,
    acting: Acting,
    signal: AbortSignal,
    sharing?: LegacyChannelOptions,
  ): Promise<Channel>;
  /**
   * The server as it speaks where it is now. One that was turned to another origin, and could not be read there since, is
   * asked as the owner, who is about to call it: the house may have no account there. Throws what `find` does.
   */
  asItSpeaks(server: CatalogServer, owner: Owner, signal: AbortSignal): Promise<CatalogServer>;
  /**
   * Asks a server, known or not, as the house how it speaks, over the transport that was set or over any. Throws
   * what `Credentials.of` and `Channel.request` do.
   */
  find(server: AskedServer, signal: AbortSignal, noticed?: Noticed): Promise<FoundServer>;
}

/** What is found out while a server is asked, whatever comes of it. */
export interface Noticed {
  /** It asks for OAuth (auth `auto`). */
  readonly onAsksForOAuth: () => void;
  /** The headers that requests were authorized with: a server may repeat them. */
  readonly onSent: (headers: Readonly<Record<string, string>>) => void;
}

export type AskedServer = Pick<CatalogServer, "server" | "state" | "headers" | "authSecrets">;

export interface UpstreamsOptions {
  readonly catalog: Catalog;
  readonly outbound: Outbound;
  readonly credentials: CallCredentials;
  readonly identity: ClientIdentity;
  readonly limits: UpstreamLimits;
  /** What answers in this process for a server that is not of the kind `mcp`. */
  readonly localServers?:
    | ((server: Server, definitions?: CatalogServer["definitions"]) => LocalServer | undefined)
    | undefined;
  /** A server of `auto` turned out, in a call, to ask for OAuth. Told as often as it is found out. */
  readonly onAsksForOAuth?: ((serverId: string) => void) | undefined;
  /** It was found out in a call how a server speaks where it is now. */
  readonly onErasFound?: ((server: Server, eras: FoundEras) => void) | undefined;
}

interface ModernServer {
  readonly of: CatalogServer;
  readonly address: UpstreamTarget;
  readonly hello: ServerHello;
  readonly channels: WeakMap<Owner, Channel>;
  /** Owners have channels of their own, and a server sees all of their requests. */
  readonly nextId: () => number;
}

export function createUpstreams(options: UpstreamsOptions): Upstreams {
  const { catalog, outbound, credentials, identity, limits, onAsksForOAuth, onErasFound } = options;
  const { localServers = () => undefined } = options;
  const modernServers = new Map<string, ModernServer>();
  /** Until the catalog knows. */
  const foundAnew = new WeakMap<CatalogServer, CatalogServer>();
  const stop = catalog.onChange((ids) => {
    for (const id of ids) modernServers.delete(id);
  });

  /** The address is judged anew each time it is connected to, by what an admin allowed for this server. */
  function addressOf(
    { server, headers, definitions }: Pick<CatalogServer, "server" | "headers"> & Partial<CatalogServer>,
    below?: FoundBelow,
  ) {
    const policy = { allowPrivate: server.allowPrivate };
    const url = outbound.check(server.url, policy, "url");
    return {
      url: below ? addressBelow(url, below) : url,
      headers,
      limits,
      local: localOf(server, definitions),
      dispatcher: outbound.dispatcher(policy),
      streamDispatcher: outbound.dispatcher(policy, "streams"),
    } satisfies UpstreamTarget;
  }

  /** What is no MCP server is never spoken to as if it were one. */
  function localOf(server: Server, definitions?: CatalogServer["definitions"]): LocalServer | undefined {
    if (server.kind === "mcp") return undefined;
    const local = localServers(server, definitions);
    if (local) return local;
    throw kernelFaults.fault("internal_error", `Nothing here speaks to servers of the kind ${server.kind}`);
  }

  function credentialsOf(target: Target, owner: Owner): RequestCredentials {
    return learningCredentials(credentials, target, owner, () => onAsksForOAuth?.(target.id));
  }

  function modernServer(server: CatalogServer): ModernServer {
    const known = modernServers.get(server.server.id);
    if (known?.of === server) return known;
    const { modern, foundBelow } = server.state;
    if (!modern || server.server.transport === "sse") throw eraUnsupported(server, "modern");
    const address = addressOf(server, foundBelow);
    const found = {
      of: server,
      address,
      hello: toHello(modern.helloText),
      channels: new WeakMap(),
      nextId: countUp(),
    };
    modernServers.set(server.server.id, found);
    return found;
  }

  async function findAs(
    owner: Owner,
    server: AskedServer,
    signal: AbortSignal,
    noticed: Noticed | undefined,
  ): Promise<FoundServer> {
    const target = targetOf(server);
    const address = addressOf(server);
    const ask = (as: RequestCredentials | undefined) =>
      findServer(
        { ...address, credentials: as && noting(as, noticed) },
        identity,
        signal,
        server.server.transport,
      );
    let isLearned = false;
    const learn = () => {
      isLearned = true;
      noticed?.onAsksForOAuth();
    };
    try {
      return await ask(learningCredentials(credentials, target, owner, learn));
    } catch (error) {
      // What was found out on the way, somebody has signed in for already.
      if (isLearned && isFault(error, "upstream_unauthorized"))
        return ask(credentials.of({ ...target, asksForOAuth: true }, owner));
      // Many a server lets everybody read its lists, and asks for an account with calls only.
      if (isLearned || !isFault(error, "credentials_missing")) throw error;
      return await ask(undefined).catch(() => {
        throw error;
      });
    }
  }

  return {
    modern(server, owner) {
      const { address, hello, channels, nextId } = modernServer(server);
      const known = channels.get(owner);
      if (known) return known;
      const channel = createModernChannel(
        { ...address, credentials: credentialsOf(targetOf(server), owner) },
        hello,
        nextId,
      );
      channels.set(owner, channel);
      return channel;
    },

    current(server) {
      const now = catalog.findById(server.server.id);
      if (now?.server.revision === server.server.revision) return now;
      throw callFaults.fault(
        "server_changed",
        `Server "${server.server.slug}" was changed or removed while the call waited: send it again`,
      );
    },

    prepare: (server, owner, signal) => credentials.prepare(targetOf(server), owner, signal),
    identify: (server, owner) => identify(credentials, targetOf(server), owner),
    onMoved: (server, acting, moved) => onMoved(credentials, targetOf(server), acting, moved),

    openLegacy(server, client, acting, signal, sharing) {
      const { legacy, foundBelow } = server.state;
      if (!legacy) throw eraUnsupported(server, "legacy");
      const { transport } = server.server;
      const chosen = transport === "auto" ? legacy.transport : transport;
      const target = targetOf(server);
      const bound = boundCredentials(credentials, target, acting, (owner) => credentialsOf(target, owner));
      const address = { ...addressOf(server, foundBelow), credentials: bound };
      return openLegacyChannel(chosen, address, client, signal, sharing);
    },

    async asItSpeaks(server, owner, signal) {
      if (!server.state.isElsewhere) return server;
      const known = foundAnew.get(server);
      if (known) return known;
      const sent = new Set<string>();
      const noticed: Noticed = {
        onAsksForOAuth: () => onAsksForOAuth?.(server.server.id),
        onSent: (headers) => Object.values(headers).forEach((value) => sent.add(value)),
      };
      const found = await findAs(owner, server, signal, noticed);
      await found.legacy?.channel[Symbol.asyncDispose]();
      const eras = erasWithoutTokens(foundEras(found, server), sent);
      const current = { ...server, state: { ...server.state, ...eras, isElsewhere: false } };
      foundAnew.set(server, current);
      onErasFound?.(server.server, eras);
      return current;
    },

    find: (server, signal, noticed) => findAs(house, server, signal, noticed),
    [Symbol.dispose]: stop,
  };
}

function noting(credentials: RequestCredentials, noticed: Noticed | undefined): RequestCredentials {
  return {
    async headers(request, signal) {
      const headers = await credentials.headers(request, signal);
      noticed?.onSent(headers);
      return headers;
    },
    refused: (...refusal) => credentials.refused(...refusal),
  };
}

function toHello(resultText: string): ServerHello {
  const result: unknown = JSON.parse(resultText);
  const capabilities = isObject(result) ? result["capabilities"] : undefined;
  return {
    version: latestModernVersion,
    capabilities: isObject(capabilities) ? capabilities : {},
    resultText,
  };
}

function eraUnsupported({ server }: CatalogServer, era: string) {
  return mcpFaults.fault("upstream_era_unsupported", `Server "${server.slug}" does not speak the ${era} era`);
}
