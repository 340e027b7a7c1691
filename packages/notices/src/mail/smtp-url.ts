/** Where mail is handed over, as one URL: `smtps://user:password@mail.example.com`. */
import { isIP } from "node:net";
import { Secret } from "@castellan/vault";

export interface SmtpServer {
  readonly host: string;
  readonly port: number;
  /**
   * `implicit`: TLS from the first byte. `starttls`: nothing is said before it. `optional`: whatever the server offers,
   * plain text too.
   */
  readonly tls: "implicit" | "starttls" | "optional";
  readonly login: { readonly user: string; readonly password: Secret } | undefined;
}

/**
 * `smtps://` is TLS (port 465), `smtp://` STARTTLS (port 587), which must be there unless the server is on this machine, or
 * the URL says `?tls=optional` and has no password. Throws an `Error` that ends the sentence "… must".
 */
export function parseSmtpUrl(text: string): SmtpServer {
  const url = URL.parse(text);
  if (url === null || !schemes.has(url.protocol) || url.hostname === "")
    throw new Error("must be a URL such as smtps://user:password@mail.example.com");
  if (url.pathname.length > 1 || url.hash !== "") throw new Error("must have no path and no fragment");
  const host = url.hostname.replace(/^\[(.*)\]$/, "$1");
  const tls = tlsOf(url, host);
  const login =
    url.username === ""
      ? undefined
      : { user: decode(url.username), password: new Secret(decode(url.password)) };
  if (tls === "optional" && login !== undefined && !isThisMachine(host))
    throw new Error("must not have a password with tls=optional: it would travel where anybody can read it");
  return { host, port: Number(url.port) || (tls === "implicit" ? 465 : 587), tls, login };
}

const schemes = new Set(["smtp:", "smtps:"]);

function tlsOf(url: URL, host: string): SmtpServer["tls"] {
  const asked = [...url.searchParams];
  const isOptional = asked.length === 1 && asked[0]?.[0] === "tls" && asked[0][1] === "optional";
  if (asked.length > 0 && !(isOptional && url.protocol === "smtp:"))
    throw new Error("must have no query but tls=optional, with smtp only");
  if (url.protocol === "smtps:") return "implicit";
  return isOptional || isThisMachine(host) ? "optional" : "starttls";
}

function isThisMachine(host: string): boolean {
  return host === "localhost" || host === "::1" || (isIP(host) === 4 && host.startsWith("127."));
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    throw new Error("must have its user and password percent-encoded");
  }
}
