/**
 * Which certificate a client proved itself with: in a handshake with us, or in one with a proxy that we trust. A proxy's
 * own certificate is not its clients', and what anybody else writes in the header says nothing: certificates are no secret.
 */
import { hash, type X509Certificate } from "node:crypto";
import type { Socket } from "node:net";
import { TLSSocket } from "node:tls";
import { isPrintable, type Clock } from "@castellan/kernel";
import { serverBindings } from "../inbound/environment.ts";
import type { ProxyTrust } from "../inbound/client-address.ts";
import type { Exchange, Stage } from "../inbound/exchange.ts";
import { RecentMap } from "../inbound/recent-map.ts";
import { validityOf, validityUnder, type ClientAuthorities, type Validity } from "./authorities.ts";
import { parseCertificateHeader } from "./header.ts";

export interface ClientCertificateSettings {
  readonly authorities: ClientAuthorities;
  /** Where trusted proxies write a client's certificate, such as `client-cert`. Absent: nowhere. */
  readonly header?: string | undefined;
}

/** Of a certificate that an authority of ours issued, and that holds now. */
export interface ClientCertificate {
  /** Absent where the subject has none, several, or one that cannot be shown. */
  readonly commonName: string | undefined;
  /** SHA-256, lower-case hex. */
  readonly fingerprint: string;
}

interface Checked extends Validity {
  readonly certificate: ClientCertificate;
}

/** Certificates behind proxies that are remembered: what is known of one takes about 400 bytes. */
const maxRemembered = 4096;
const maxNameLength = 256;

/** Stage: finds the client's certificate. One is checked once for its connection or header, its dates with each request. */
export function findCertificate(
  { authorities, header }: ClientCertificateSettings,
  trust: ProxyTrust,
  clock: Clock,
): Stage {
  const ofSockets = new WeakMap<Socket, { readonly checked: Checked | undefined }>();
  const ofHeaders = new RecentMap<string, { readonly checked: Checked | undefined }>(maxRemembered);
  const name = header?.toLowerCase();

  const bySocket = ({ context }: Exchange): Checked | undefined => {
    const socket: Socket | undefined = serverBindings(context)?.incoming.socket;
    if (!(socket instanceof TLSSocket)) return undefined;
    let known = ofSockets.get(socket);
    if (known === undefined) ofSockets.set(socket, (known = { checked: checkSocket(socket) }));
    return known.checked;
  };
  const byHeader = (exchange: Exchange): Checked | undefined => {
    const value = name === undefined ? undefined : exchange.header(name);
    if (value === undefined) return undefined;
    const key = hash("sha256", value, "base64");
    let known = ofHeaders.get(key);
    if (known === undefined) ofHeaders.set(key, (known = { checked: checkHeader(value, authorities) }));
    return known.checked;
  };

  return (exchange) => {
    const checked = trust.trusts(exchange) ? byHeader(exchange) : bySocket(exchange);
    if (checked !== undefined && holdsAt(checked, clock.now())) exchange.certificate = checked.certificate;
    return undefined;
  };
}

/** The handshake has checked the whole chain, what it is for, and that the client has the key. */
function checkSocket(socket: TLSSocket): Checked | undefined {
  const found = socket.authorized ? socket.getPeerX509Certificate() : undefined;
  return found && { ...validityOf(found), certificate: toClientCertificate(found) };
}

function checkHeader(value: string, authorities: ClientAuthorities): Checked | undefined {
  const found = parseCertificateHeader(value);
  const validity = found && validityUnder(authorities, found);
  return validity && { ...validity, certificate: toClientCertificate(found) };
}

function holdsAt({ fromMs, toMs }: Validity, nowMs: number): boolean {
  return fromMs <= nowMs && nowMs <= toMs;
}

function toClientCertificate(found: X509Certificate): ClientCertificate {
  const name = found.toLegacyObject().subject?.CN as string | readonly string[] | undefined;
  const isName = typeof name === "string" && name.length <= maxNameLength && isPrintable(name);
  return Object.freeze({
    commonName: isName ? name : undefined,
    fingerprint: found.fingerprint256.replaceAll(":", "").toLowerCase(),
  });
}
