/** Which certificate authorities an upstream's certificate may come from. */
import { createSecureContext, getCACertificates, type SecureContext } from "node:tls";
import { webFaults } from "../faults.ts";
import { readPemCertificates } from "../pem.ts";

/**
 * The system's authorities and those of a PEM file. Made once: parsing 150 certificates for each
 * connection would cost milliseconds. Without a file undefined, which is Node's own default.
 *
 * @throws outbound_ca_invalid
 */
export function loadAuthorities(caFile: string | undefined): SecureContext | undefined {
  if (caFile === undefined) return undefined;
  try {
    return createSecureContext({ ca: [...getCACertificates("default"), ...readPemCertificates(caFile)] });
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : "cannot be read";
    throw webFaults.fault("outbound_ca_invalid", `${caFile} ${reason}`, { field: "caFile", cause });
  }
}
