import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { isFault } from "@castellan/kernel";
import { X509Certificate } from "node:crypto";
import { expect, test } from "vitest";
import { loadServerTls } from "../server/tls.ts";
import { loadClientAuthorities, validityUnder } from "./authorities.ts";
import { createTestAuthority } from "./testing.ts";

const folder = mkdtempSync(join(tmpdir(), "authorities-"));
const file = (text: string) => {
  const path = join(folder, "file.pem");
  writeFileSync(path, text);
  return path;
};
const root = createTestAuthority("Root");
const own = root.issue({ commonName: "localhost", host: "127.0.0.1" });
const broken = own.cert.replace(/M[A-Za-z0-9+/]{20}/, "A".repeat(21));

function refusal(doing: () => unknown): unknown {
  try {
    return doing();
  } catch (error) {
    return isFault(error) ? [error.code, error.message.replaceAll(folder, "")] : error;
  }
}

test.each([
  ["", "holds no PEM certificate"],
  [root.key, "holds no PEM certificate"],
  [root.cert + broken, "holds a certificate that cannot be read (number 2)"],
  [root.cert + own.cert, "holds a certificate that is no authority's (number 2)"],
])("a file that does not hold authorities is refused (%#)", (text, reason) => {
  expect(refusal(() => loadClientAuthorities(file(text)))).toEqual([
    "client_ca_invalid",
    `/file.pem ${reason}`,
  ]);
});

test("a file that is not there", () => {
  expect([
    refusal(() => loadClientAuthorities(join(folder, "no.pem"))),
    refusal(() => loadServerTls({ certFile: join(folder, "no.pem"), keyFile: "" })),
  ]).toEqual([
    ["client_ca_invalid", "/no.pem cannot be read"],
    ["tls_files_invalid", "/no.pem cannot be read"],
  ]);
});

test.each([
  ["another's key", own.cert, root.key, "is not the key of the certificate in"],
  ["no key", own.cert, own.cert, "holds no private key in PEM, or one with a passphrase"],
  ["no certificate", own.key, own.key, "holds no PEM certificate"],
])("a certificate with %s is refused", (_, cert, key, reason) => {
  const keyFile = join(folder, "key.pem");
  writeFileSync(keyFile, key);
  const [code, message] = refusal(() => loadServerTls({ certFile: file(cert), keyFile })) as string[];
  expect([code, message?.includes(reason)]).toEqual(["tls_files_invalid", true]);
});

test("both in one file will do", () => {
  const both = file(own.key + own.cert);
  expect(loadServerTls({ certFile: both, keyFile: both })).toEqual({
    certificates: own.cert.trim(),
    key: own.key + own.cert,
  });
});

test("a certificate holds no longer than the authority that issued it", () => {
  const short = createTestAuthority("Short", { to: new Date("2027-01-01T00:00:00Z") });
  const authorities = loadClientAuthorities(file(root.cert + short.cert));
  const { cert } = short.issue({ from: new Date("2026-01-01T00:00:00Z") });
  expect(validityUnder(authorities, new X509Certificate(cert))).toEqual({
    fromMs: Date.UTC(2026, 0, 1),
    toMs: Date.UTC(2027, 0, 1),
  });
});
