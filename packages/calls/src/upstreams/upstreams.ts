/** Lines to upstream servers: one for all callers in the modern era, one per session in the legacy one. */
import {
  addressBelow,
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
  type ServerHello,
  type UpstreamLimits,
  type UpstreamTarget,
} from "@castellan/mcp";
import type { Outbound } from "@castellan/web";
import type { Catalog, CatalogServer } from "../catalog/catalog.ts";

export interface Upstreams extends Disposable {
  /** The line that all modern callers share. Throws `upstream_era_unsupported`, also where HTTP+SSE was set. */
  modern(server: CatalogServer): Channel;
  /**
   * A line for one legacy session, over the transport that was set, else over the one that was found; whoever
   * opens it disposes of it. Throws what `Channel.request` does.
   */
  openLegacy(
    server: CatalogServer,
    client: LegacyClient,
    signal: AbortSignal,
    sharing?: LegacyChannelOptions,
  ): Promise<Channel>;
  /** Asks a server, known or not, how it speaks, over the transport that was set or over any. */
  find(server: Pick<CatalogServer, "server" | "headers">, signal: AbortSignal): Promise<FoundServer>;
}

export interface UpstreamsOptions {
  readonly catalog: Catalog;
  readonly outbound: Outbound;
  readonly identity: ClientIdentity;
  readonly limits: UpstreamLimits;
}

export function createUpstreams(options: UpstreamsOptions): Upstreams {
  const { catalog, outbound, identity, limits } = options;
  const modernChannels = new Map<string, { readonly of: CatalogServer; readonly channel: Channel }>();
  const stop = catalog.onChange((ids) => {
    for (const id of ids) modernChannels.delete(id);
  });

  /** The address is judged anew each time it is connected to, by what an admin allowed for this server. */
  function target({ server, headers }: Pick<CatalogServer, "server" | "headers">, below?: FoundBelow) {
    const policy = { allowPrivate: server.allowPrivate };
    const url = outbound.check(server.url, policy, "url");
    return {
      url: below ? addressBelow(url, below) : url,
      headers,
      limits,
      dispatcher: outbound.dispatcher(policy),
      streamDispatcher: outbound.dispatcher(policy, "streams"),
    } satisfies UpstreamTarget;
  }

  return {
    modern(server) {
      const known = modernChannels.get(server.server.id);
      if (known?.of === server) return known.channel;
      const { modern, foundBelow } = server.state;
      if (!modern || server.server.transport === "sse") throw eraUnsupported(server, "modern");
      const channel = createModernChannel(target(server, foundBelow), toHello(modern.helloText));
      modernChannels.set(server.server.id, { of: server, channel });
      return channel;
    },

    openLegacy(server, client, signal, sharing) {
      const { legacy, foundBelow } = server.state;
      if (!legacy) throw eraUnsupported(server, "legacy");
      const { transport } = server.server;
      const chosen = transport === "auto" ? legacy.transport : transport;
      return openLegacyChannel(chosen, target(server, foundBelow), client, signal, sharing);
    },

    find: (server, signal) => findServer(target(server), identity, signal, server.server.transport),
    [Symbol.dispose]: stop,
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
