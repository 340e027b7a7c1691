/** Certificates in a PEM file (RFC 7468). */
import { X509Certificate } from "node:crypto";
import { readFileSync } from "node:fs";

const block = /-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g;

/** All that are in it, in its order; at least one. Throws an `Error` whose message goes behind the file's name: `cannot be read`. */
export function readPemCertificates(file: string): readonly [string, ...string[]] {
  const [first, ...others] = readTextFile(file).match(block) ?? [];
  if (first === undefined) throw new Error("holds no PEM certificate");
  const found = [first, ...others] as const;
  const broken = found.findIndex((pem) => !isCertificate(pem));
  if (broken !== -1) throw new Error(`holds a certificate that cannot be read (number ${broken + 1})`);
  return found;
}

/** Throws an `Error` as `readPemCertificates` does. */
export function readTextFile(file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch (cause) {
    throw new Error("cannot be read", { cause });
  }
}

function isCertificate(pem: string): boolean {
  try {
    return new X509Certificate(pem).raw.length > 0;
  } catch {
    return false;
  }
}
