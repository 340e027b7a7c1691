/**
 * Requests to addresses that somebody else wrote down: an administrator, a person, a document. They
 * reach public servers over https, and nothing else that a policy does not name.
 */
import type { Dispatcher } from "undici";
import { webFaults } from "../faults.ts";
import { loadAuthorities } from "./certificates.ts";
import { checkUrl } from "./destination.ts";
import { createDispatcher, type DispatcherSettings } from "./dispatchers.ts";
import { fetchChecked, type OutboundFetchInit, type OutboundResponse } from "./fetch.ts";
import { parsePolicy, type OutboundPolicy, type OutboundRules } from "./policy.ts";
import { resolveBySystem, type Resolve } from "./resolve.ts";

export interface OutboundSettings {
  /** An http or https proxy, with its credentials if it wants any. Names are still resolved here, and checked. */
  readonly proxyUrl?: string;
  /** What is reached without the proxy, as in NO_PROXY: `.corp.example,10.0.0.0/8,db:5432`. */
  readonly noProxy?: string;
  /** A PEM file with certificate authorities that are trusted beside the system's. */
  readonly caFile?: string;
  /** How names become addresses. Default: the machine's resolver. */
  readonly resolve?: Resolve;
  /** Connections to one origin for calls; further ones wait. Default 1,024: sixteen callers with as many calls as one may have. */
  readonly connectionsPerOrigin?: number;
  /** Default 10,000. */
  readonly connectTimeoutMs?: number;
}

/** Streams that stay open have connections of their own: they must not take those of calls. */
export type PoolUse = "calls" | "streams";

const maxStreams = 4096;

export interface Outbound extends AsyncDisposable {
  /**
   * Keep-alive pools that connect only where the policy lets them; the same for equal policies. A
   * refusal rejects the request with `outbound_refused`.
   *
   * @throws outbound_policy_invalid
   */
  dispatcher(policy: OutboundPolicy, use?: PoolUse): Dispatcher;
  /**
   * Parses a URL, and refuses at once what needs no resolver to be refused.
   *
   * @throws outbound_refused naming `field` (default `url`) · outbound_policy_invalid
   */
  check(url: string, policy: OutboundPolicy, field?: string): URL;
  /**
   * One whole exchange within limits.
   *
   * @throws outbound_refused · outbound_unreachable · outbound_timeout · outbound_too_large ·
   *   outbound_encoded · outbound_redirected · cancelled · outbound_policy_invalid
   */
  fetch(url: string, init: OutboundFetchInit): Promise<OutboundResponse>;
}

/** @throws outbound_ca_invalid · web_setting_invalid */
export function createOutbound(settings: OutboundSettings = {}): Outbound {
  const pools: DispatcherSettings = {
    resolve: settings.resolve ?? resolveBySystem,
    authorities: loadAuthorities(settings.caFile),
    proxyUrl: settings.proxyUrl === undefined ? undefined : parseProxyUrl(settings.proxyUrl),
    noProxy: settings.noProxy ?? "",
    connectionsPerOrigin: settings.connectionsPerOrigin ?? 1024,
    connectTimeoutMs: settings.connectTimeoutMs ?? 10_000,
  };
  const parsed = new WeakMap<OutboundPolicy, OutboundRules>();
  const dispatchers = new Map<string, Dispatcher>();
  let isDisposed = false;

  const rulesOf = (policy: OutboundPolicy): OutboundRules => {
    const known = parsed.get(policy);
    if (known !== undefined) return known;
    const rules = parsePolicy(policy);
    // Only what cannot change any more may be remembered by identity.
    if (Object.isFrozen(policy) && Object.isFrozen(policy.allowPrivate)) parsed.set(policy, rules);
    return rules;
  };
  const dispatcherOf = (rules: OutboundRules, use: PoolUse = "calls"): Dispatcher => {
    if (isDisposed) throw new Error("outbound requests after their pools were closed");
    const key = `${use} ${rules.key}`;
    let dispatcher = dispatchers.get(key);
    if (dispatcher === undefined) {
      dispatcher = createDispatcher(
        rules,
        use === "calls" ? pools : { ...pools, connectionsPerOrigin: maxStreams },
      );
      dispatchers.set(key, dispatcher);
    }
    return dispatcher;
  };

  return {
    dispatcher: (policy, use) => dispatcherOf(rulesOf(policy), use),
    check: (url, policy, field = "url") => checkUrl(url, rulesOf(policy), field),
    fetch: async (url, init) => {
      const rules = rulesOf(init.policy);
      return fetchChecked(url, init, rules, dispatcherOf(rules));
    },
    [Symbol.asyncDispose]: async () => {
      isDisposed = true;
      await Promise.all([...dispatchers.values()].map((dispatcher) => dispatcher.destroy()));
    },
  };
}

function parseProxyUrl(text: string): string {
  const url = URL.parse(text);
  if (url !== null && (url.protocol === "http:" || url.protocol === "https:")) return url.href;
  // The text may hold a password, so it is not repeated.
  throw webFaults.fault("web_setting_invalid", "proxyUrl is not an http or https URL", { field: "proxyUrl" });
}
