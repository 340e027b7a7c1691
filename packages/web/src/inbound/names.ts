/** The names this server goes by: which hosts it answers for, and which origins are its own. */
import { webFaults } from "../faults.ts";

export interface NameSettings {
  /** Where clients reach the server: `https://mcp.example.com`. Its host and its origin are allowed. */
  readonly publicUrl: string;
  /** True when it listens on loopback only: localhost, 127.0.0.1 and [::1] are then its names, at any port. */
  readonly isLoopback?: boolean;
  /** Host names that come and go while it runs (a portal's own). In: lower case, with the port if it is not the default one. */
  readonly isOwnHost?: (host: string) => boolean;
  /** Origins of browser clients elsewhere: `https://app.example.com`. */
  readonly allowedOrigins?: readonly string[];
}

/** The server itself, or one of the hosts of `isOwnHost`, as that is asked for it. */
export type KnownHost = { readonly kind: "server" } | { readonly kind: "own"; readonly host: string };

const theServer: KnownHost = { kind: "server" };

export interface Names {
  /** Whose name a Host header, as it was sent, is; undefined: nobody's here. */
  hostOf(host: string): KnownHost | undefined;
  /** An Origin header as it was sent; `null`, lists and nonsense are never allowed. */
  isOrigin(origin: string): boolean;
}

const loopbackHost = /^(?:localhost|127\.0\.0\.1|\[::1\])(?::\d{1,5})?$/;
const loopbackOrigin = /^https?:\/\/(?:localhost|127\.0\.0\.1|\[::1\])(?::\d{1,5})?$/;

/** @throws web_setting_invalid when a setting is not an http(s) URL, or an origin has a path. */
export function createNames(settings: NameSettings): Names {
  const url = parseOrigin(settings.publicUrl, "publicUrl");
  const hosts = new Set([url.host, `${url.hostname}:${url.port || defaultPort(url.protocol)}`]);
  const origins = new Set([url.origin]);
  for (const [index, text] of (settings.allowedOrigins ?? []).entries()) {
    const field = `allowedOrigins[${index}]`;
    const origin = parseOrigin(text, field);
    if (origin.href !== `${origin.origin}/`)
      throw webFaults.fault("web_setting_invalid", `${field}: an origin has no path, query or user`, {
        field,
      });
    origins.add(origin.origin);
  }
  const { isLoopback = false, isOwnHost = () => false } = settings;

  const hostOf = (sent: string): KnownHost | undefined => {
    if (hosts.has(sent)) return theServer;
    const said = sent.toLowerCase();
    if (hosts.has(said) || (isLoopback && loopbackHost.test(said))) return theServer;
    const host = withoutDefaultPort(said, url.protocol);
    return isOwnHost(host) ? { kind: "own", host } : undefined;
  };
  const isOrigin = (sent: string): boolean => {
    if (origins.has(sent)) return true;
    if (isLoopback && loopbackOrigin.test(sent)) return true;
    // A page on a portal's own host comes by the same scheme as the public URL.
    const scheme = `${url.protocol}//`;
    return sent.startsWith(scheme) && isOwnHost(sent.slice(scheme.length));
  };
  return { hostOf, isOrigin };
}

function parseOrigin(text: string, field: string): URL {
  const url = URL.parse(text);
  if (url !== null && (url.protocol === "https:" || url.protocol === "http:")) return url;
  throw webFaults.fault(
    "web_setting_invalid",
    `${field}: ${JSON.stringify(text)} is not an http or https URL`,
    { field },
  );
}

function defaultPort(protocol: string): string {
  return protocol === "https:" ? "443" : "80";
}

function withoutDefaultPort(host: string, protocol: string): string {
  const suffix = `:${defaultPort(protocol)}`;
  return host.endsWith(suffix) ? host.slice(0, -suffix.length) : host;
}
