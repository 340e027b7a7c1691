/**
 * Keep-alive pools to other servers, which judge every address at the moment they connect: a name
 * that resolved to something harmless when its URL was checked may not do so a second later.
 */
import type { SecureContext } from "node:tls";
import { Agent, buildConnector, Dispatcher, Pool, ProxyAgent } from "undici";
import { AbortableDispatcher } from "./abortable-dispatcher.ts";
import { checkUrl, toDestination } from "./destination.ts";
import { parseNoProxy } from "./no-proxy.ts";
import type { Destination, OutboundRules } from "./policy.ts";
import { assertAllAllowed, assertDestination, guardedLookup, type Resolve } from "./resolve.ts";

export interface DispatcherSettings {
  readonly resolve: Resolve;
  /** The authorities to trust instead of Node's own. */
  readonly authorities: SecureContext | undefined;
  /** `http://user:password@proxy:3128`; everything goes through it but what `noProxy` names. */
  readonly proxyUrl: string | undefined;
  readonly noProxy: string;
  readonly connectionsPerOrigin: number;
  readonly connectTimeoutMs: number;
}

/** The dispatcher for one set of rules. A request may set its own `headersTimeout`; a body may take for ever. */
export function createDispatcher(rules: OutboundRules, settings: DispatcherSettings): Dispatcher {
  const direct = directAgent(rules, settings);
  if (settings.proxyUrl === undefined) return new AbortableDispatcher(direct);
  const proxied = proxiedAgent(settings.proxyUrl, rules, settings);
  return new AbortableDispatcher(new SplitDispatcher(direct, proxied, parseNoProxy(settings.noProxy)));
}

function poolOptions({ connectionsPerOrigin, connectTimeoutMs }: DispatcherSettings) {
  return {
    connections: connectionsPerOrigin,
    connectTimeout: connectTimeoutMs,
    bodyTimeout: 0,
    keepAliveTimeout: 30_000,
    // A server may ask for less, not for connections that lie about for hours.
    keepAliveMaxTimeout: 30_000,
    // Long streams and short calls share a pool; with HTTP/2 they would share one connection's fate.
    allowH2: false,
  } as const;
}

function directAgent(rules: OutboundRules, settings: DispatcherSettings): Agent {
  const { resolve, authorities, connectTimeoutMs } = settings;
  const factory = (origin: string | URL, options: object): Pool => {
    const destination = toDestination(checkUrl(String(origin), rules, "url"));
    const connect = buildConnector({
      allowH2: false,
      timeout: connectTimeoutMs,
      lookup: guardedLookup(destination, rules, resolve),
      ...(authorities !== undefined && { secureContext: authorities }),
    });
    // A socket asks `lookup` for names only, so an address as host is judged before.
    const guard = () => assertDestination(destination, rules);
    return new Pool(origin, { ...options, connect: guarded(guard, connect) });
  };
  return new Agent({ ...poolOptions(settings), factory });
}

function proxiedAgent(proxyUrl: string, rules: OutboundRules, settings: DispatcherSettings): ProxyAgent {
  const tls = settings.authorities === undefined ? {} : { secureContext: settings.authorities };
  return new ProxyAgent({
    ...poolOptions(settings),
    uri: proxyUrl,
    // One way for http and https: a tunnel, whose making is what the guard holds up.
    proxyTunnel: true,
    proxyTls: tls,
    requestTls: tls,
    factory: (origin: string | URL, options: { connect?: buildConnector.connector }) => {
      const destination = toDestination(checkUrl(String(origin), rules, "url"));
      const { connect } = options;
      if (connect === undefined) throw new Error("the proxy agent made no tunnel connector");
      const guard = () => assertAllAllowed(destination, rules, settings.resolve);
      return new Pool(origin, { ...options, connect: guarded(guard, connect) });
    },
  });
}

/** Connects after the guard has agreed. */
function guarded(
  guard: () => void | Promise<void>,
  connect: buildConnector.connector,
): buildConnector.connector {
  const run = async (options: buildConnector.Options, callback: buildConnector.Callback): Promise<void> => {
    try {
      await guard();
    } catch (error) {
      callback(error as Error, null);
      return;
    }
    connect(options, callback);
  };
  return (options, callback) => void run(options, callback);
}

/** Sends each request through the proxy, or past it. */
class SplitDispatcher extends Dispatcher {
  readonly #direct: Dispatcher;
  readonly #proxied: Dispatcher;
  readonly #isDirect: (destination: Destination) => boolean;

  constructor(direct: Dispatcher, proxied: Dispatcher, isDirect: (destination: Destination) => boolean) {
    super();
    this.#direct = direct;
    this.#proxied = proxied;
    this.#isDirect = isDirect;
  }

  override dispatch(options: Dispatcher.DispatchOptions, handler: Dispatcher.DispatchHandler): boolean {
    const url = URL.parse(String(options.origin));
    const isDirect = url === null || this.#isDirect(toDestination(url));
    return (isDirect ? this.#direct : this.#proxied).dispatch(options, handler);
  }

  override async close(): Promise<void> {
    await Promise.all([this.#direct.close(), this.#proxied.close()]);
  }

  override async destroy(): Promise<void> {
    await Promise.all([this.#direct.destroy(), this.#proxied.destroy()]);
  }
}
