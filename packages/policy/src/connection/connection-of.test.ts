import { createTestAuthority, serveApp } from "@castellan/web/testing";
import { X509Certificate } from "node:crypto";
import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { loadClientAuthorities } from "@castellan/web";
import { expect, test } from "vitest";
import { createConnectionOf } from "./connection-of.ts";
import { createCountries } from "./countries.ts";

const authority = createTestAuthority("Devices");
const laptop = new X509Certificate(authority.issue({ commonName: "laptop-7" }).cert);
const file = join(mkdtempSync(join(tmpdir(), "connection-")), "ca.pem");
writeFileSync(file, authority.cert);
const headers = {
  "x-forwarded-for": "1.1.1.1, 193.0.6.139",
  "client-cert": `:${laptop.raw.toString("base64")}:`,
};

test.each([
  [
    "a trusted proxy",
    ["127.0.0.1"],
    {
      address: "193.0.6.139",
      country: "NL",
      certificate: {
        commonName: "laptop-7",
        fingerprint: laptop.fingerprint256.replaceAll(":", "").toLowerCase(),
      },
      postures: {},
    },
  ],
  ["anybody else", ["10.0.0.1"], { address: "127.0.0.1", country: "ZZ", postures: {} }],
])("what %s says of where a request comes from", async (_, trustedProxies, connection) => {
  const connectionOf = createConnectionOf(createCountries());
  await using served = await serveApp((app) => app.get("/", (c) => c.json(connectionOf(c))), {
    trustedProxies,
    clientCertificates: { authorities: loadClientAuthorities(file), header: "client-cert" },
  });
  expect(JSON.parse((await served.send("/", { headers })).body)).toEqual(connection);
});
