/** Which certificate authorities an upstream's certificate may come from. */
import { X509Certificate } from "node:crypto";
import { readFileSync } from "node:fs";
import { createSecureContext, getCACertificates, type SecureContext } from "node:tls";
import { webFaults } from "../faults.ts";

/**
 * The system's authorities and those of a PEM file. Made once: parsing 150 certificates for each
 * connection would cost milliseconds. Without a file undefined, which is Node's own default.
 *
 * @throws outbound_ca_invalid
 */
export function loadAuthorities(caFile: string | undefined): SecureContext | undefined {
  if (caFile === undefined) return undefined;
  const own = readCertificates(caFile);
  return createSecureContext({ ca: [...getCACertificates("default"), ...own] });
}

function readCertificates(caFile: string): string[] {
  const refuse = (reason: string, cause?: unknown) =>
    webFaults.fault("outbound_ca_invalid", `${caFile} ${reason}`, { field: "caFile", cause });
  let text: string;
  try {
    text = readFileSync(caFile, "utf8");
  } catch (error) {
    throw refuse("cannot be read", error);
  }
  const certificates = text.match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g) ?? [];
  if (certificates.length === 0) throw refuse("holds no PEM certificate");
  const broken = certificates.findIndex((pem) => !isCertificate(pem));
  if (broken !== -1) throw refuse(`holds a certificate that cannot be read (number ${broken + 1})`);
  return certificates;
}

function isCertificate(pem: string): boolean {
  try {
    return new X509Certificate(pem).raw.length > 0;
  } catch {
    return false;
  }
}
