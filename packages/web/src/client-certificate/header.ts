/**
 * A client's certificate as the proxy that checked the handshake passes it on: RFC 9440 `Client-Cert` (`:base64 DER:`),
 * PEM that is escaped as in URLs (nginx `$ssl_client_escaped_cert`, AWS `X-Amzn-Mtls-Clientcert-Leaf`), or base64 of the
 * DER (HAProxy `ssl_c_der,base64`, Caddy `certificate_der_base64`). The three cannot be mistaken for each other.
 */
import { X509Certificate } from "node:crypto";

const byteSequence = /^:([A-Za-z0-9+/]+={0,2}):$/;
const bareBase64 = /^[A-Za-z0-9+/]+={0,2}$/;
const onePem = /^-----BEGIN CERTIFICATE-----([A-Za-z0-9+/=\s]+)-----END CERTIFICATE-----\s*$/;

/** Exactly one certificate, or undefined: a header that came twice holds a comma, and is none of these. */
export function parseCertificateHeader(value: string): X509Certificate | undefined {
  const base64 = byteSequence.exec(value)?.[1] ?? bareBase64.exec(value)?.[0] ?? pemBody(value);
  if (base64 === undefined) return undefined;
  const der = Buffer.from(base64, "base64");
  try {
    const certificate = new X509Certificate(der);
    // What stands behind the certificate would be carried along unseen.
    return certificate.raw.equals(der) ? certificate : undefined;
  } catch {
    return undefined;
  }
}

function pemBody(value: string): string | undefined {
  try {
    return onePem.exec(decodeURIComponent(value))?.[1];
  } catch {
    return undefined;
  }
}
