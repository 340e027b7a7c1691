/**
 * Who issues the certificates that clients prove themselves with. What is in the file is trusted as it stands there, an
 * intermediate authority as well as a root.
 */
import { X509Certificate } from "node:crypto";
import { webFaults } from "../faults.ts";
import { readPemCertificates } from "../pem.ts";

export interface ClientAuthorities {
  /** PEM, one certificate after the other. */
  readonly pem: string;
  readonly certificates: readonly X509Certificate[];
}

/** From when until when something holds, milliseconds since the epoch, both included. */
export interface Validity {
  readonly fromMs: number;
  readonly toMs: number;
}

/** Throws `client_ca_invalid`. */
export function loadClientAuthorities(file: string): ClientAuthorities {
  const refuse = (reason: string, cause?: unknown) =>
    webFaults.fault("client_ca_invalid", `${file} ${reason}`, { field: "clientCaFile", cause });
  let found: readonly string[];
  try {
    found = readPemCertificates(file);
  } catch (cause) {
    throw refuse(cause instanceof Error ? cause.message : "cannot be read", cause);
  }
  const certificates = found.map((pem) => new X509Certificate(pem));
  const other = certificates.findIndex(({ ca }) => !ca);
  if (other !== -1) throw refuse(`holds a certificate that is no authority's (number ${other + 1})`);
  return Object.freeze({ pem: found.join("\n"), certificates });
}

/**
 * When a certificate holds as one of a client: as long as it and the authority that issued it do. Undefined where none of
 * the authorities issued it themselves, or not for this (RFC 5280 §4.2.1.12).
 */
export function validityUnder(
  { certificates }: ClientAuthorities,
  certificate: X509Certificate,
): Validity | undefined {
  if (certificate.ca || !isForClients(certificate)) return undefined;
  // Several may have one name and key: one that was renewed.
  const [issuer] = certificates
    .filter((authority) => certificate.checkIssued(authority) && certificate.verify(authority.publicKey))
    .toSorted((a, b) => validityOf(b).toMs - validityOf(a).toMs);
  if (issuer === undefined) return undefined;
  const [own, above] = [validityOf(certificate), validityOf(issuer)];
  return { fromMs: Math.max(own.fromMs, above.fromMs), toMs: Math.min(own.toMs, above.toMs) };
}

export function validityOf({ validFromDate, validToDate }: X509Certificate): Validity {
  return { fromMs: validFromDate.getTime(), toMs: validToDate.getTime() };
}

const clientAuth = "1.3.6.1.5.5.7.3.2";
const anyUse = "2.5.29.37.0";

/** Without the extension, for everything. */
function isForClients({ keyUsage }: X509Certificate): boolean {
  const uses = keyUsage as readonly string[] | undefined;
  return uses === undefined || uses.includes(clientAuth) || uses.includes(anyUse);
}
