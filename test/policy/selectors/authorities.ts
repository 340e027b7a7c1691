/** An authority whose certificates clients may prove themselves with, and certificates, good ones and others. */
import { X509Certificate } from "node:crypto";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createTestAuthority } from "@castellan/web/testing";

const devices = createTestAuthority("Devices");
/** Nobody trusts these; one calls itself as the authority does. */
const stranger = createTestAuthority("Strangers");
const namesake = createTestAuthority("Devices");
const clientAuth = [2];
const serverAuth = [1];

/** PEM, with their keys. */
export const certificates = {
  laptop: devices.issue({ commonName: "laptop-7", uses: clientAuth }),
  phone: devices.issue({ commonName: "phone-3", uses: clientAuth }),
  proxy: devices.issue({ commonName: "laptop-7", uses: clientAuth }),
  ownMade: stranger.issue({ commonName: "laptop-7", uses: clientAuth }),
  ofNamesake: namesake.issue({ commonName: "laptop-7", uses: clientAuth }),
  selfSigned: createTestAuthority("laptop-7"),
  expired: devices.issue({ commonName: "laptop-7", uses: clientAuth, to: new Date("2026-01-01") }),
  early: devices.issue({ commonName: "laptop-7", uses: clientAuth, from: new Date("2049-01-01") }),
  server: devices.issue({ commonName: "laptop-7", uses: serverAuth, host: "127.0.0.1" }),
  twoNames: devices.issue({ commonName: ["laptop-7", "phone-3"], uses: clientAuth }),
};

/** What checks the house's own certificate. */
export const houseCa = devices.cert;

/** The certificate as a proxy writes it (RFC 9440 §2.1). */
export function headerOf({ cert }: { readonly cert: string }): string {
  return `:${new X509Certificate(cert).raw.toString("base64")}:`;
}

/** Files with the authority, and with a certificate and key of the house's own. */
export async function writeFiles(): Promise<AsyncDisposable & Record<"ca" | "cert" | "key", string>> {
  const folder = await mkdtemp(join(tmpdir(), "castellan-authorities-"));
  const house = certificates.server;
  const write = async (name: string, text: string) => {
    await writeFile(join(folder, name), text);
    return join(folder, name);
  };
  return {
    ca: await write("ca.pem", devices.cert),
    cert: await write("house.pem", house.cert),
    key: await write("house.key", house.key),
    [Symbol.asyncDispose]: () => rm(folder, { recursive: true }),
  };
}
