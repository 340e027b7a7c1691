/** TLS of our own, where no proxy in front does it. */
import { createPrivateKey, X509Certificate } from "node:crypto";
import type { TlsOptions } from "node:tls";
import type { ClientAuthorities } from "../client-certificate/authorities.ts";
import { webFaults } from "../faults.ts";
import { readPemCertificates, readTextFile } from "../pem.ts";

export interface ServerTls {
  /** PEM: the server's certificate, and behind it those that lead to a root. */
  readonly certificates: string;
  /** PEM, without a passphrase. */
  readonly key: string;
}

/** Reads both files, and checks that they belong together. Throws `tls_files_invalid`. */
export function loadServerTls({ certFile, keyFile }: { certFile: string; keyFile: string }): ServerTls {
  const certificates = read(certFile, readPemCertificates);
  const key = read(keyFile, readTextFile);
  const isPair = read(keyFile, () => {
    try {
      return new X509Certificate(certificates[0]).checkPrivateKey(createPrivateKey(key));
    } catch (cause) {
      throw new Error("holds no private key in PEM, or one with a passphrase", { cause });
    }
  });
  if (!isPair)
    throw webFaults.fault("tls_files_invalid", `${keyFile} is not the key of the certificate in ${certFile}`);
  return { certificates: certificates.join("\n"), key };
}

function read<T>(file: string, reading: (file: string) => T): T {
  try {
    return reading(file);
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : "cannot be read";
    throw webFaults.fault("tls_files_invalid", `${file} ${reason}`, { cause });
  }
}

/** A client certificate is asked for where there are authorities, and never required: rules say who needs one. */
export function toTlsOptions({ certificates, key }: ServerTls, authorities?: ClientAuthorities): TlsOptions {
  return {
    cert: certificates,
    key,
    minVersion: "TLSv1.2",
    ...(authorities !== undefined && {
      ca: authorities.pem,
      requestCert: true,
      rejectUnauthorized: false,
      // An authority in the file is trusted as it is there, whether or not the one above it is.
      allowPartialTrustChain: true,
    }),
  };
}
