import { X509Certificate } from "node:crypto";
import { mkdtempSync, writeFileSync } from "node:fs";
import { Agent, request, type RequestOptions as HttpsOptions } from "node:https";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createManualClock } from "@castellan/kernel";
import { expect, test } from "vitest";
import { clientCertificate } from "../inbound/exchange.ts";
import { loadServerTls } from "../server/tls.ts";
import { serveApp } from "../testing.ts";
import { loadClientAuthorities } from "./authorities.ts";
import type { ClientCertificateSettings } from "./client-certificate.ts";
import { createTestAuthority, type TestCertificate } from "./testing.ts";

type RequestOptions = HttpsOptions & { readonly session?: Buffer | undefined };

const folder = mkdtempSync(join(tmpdir(), "certificates-"));
const file = (name: string, text: string) => {
  writeFileSync(join(folder, name), text);
  return join(folder, name);
};
const root = createTestAuthority("Root");
const devices = root.subordinate("Devices");
const stranger = createTestAuthority("Root");
const own = root.issue({ commonName: "localhost", host: "127.0.0.1" });
const tls = loadServerTls({ certFile: file("server.pem", own.cert), keyFile: file("server.key", own.key) });
const authorities = loadClientAuthorities(file("clients.pem", root.cert + devices.cert));
const now = Date.parse("2026-06-01T12:00:00Z");

const laptop = devices.issue({ commonName: "laptop-7", uses: [2] });
const nobody = { seen: null };
const laptopSeen = { seen: { commonName: "laptop-7", fingerprint: fingerprintOf(laptop) } };

/** An app that says which certificate it sees. */
async function serve(
  settings: Partial<Parameters<typeof serveApp>[1]> & Partial<ClientCertificateSettings> = {},
) {
  const { header, ...others } = settings;
  return serveApp((app) => app.get("/", (c) => c.json({ seen: clientCertificate(c) ?? null })), {
    clientCertificates: { authorities, header },
    clientAuthorities: authorities,
    clock: createManualClock(now),
    ...others,
  });
}

function fingerprintOf({ cert }: TestCertificate): string {
  return new X509Certificate(cert).fingerprint256.replaceAll(":", "").toLowerCase();
}

function der({ cert }: TestCertificate): string {
  return new X509Certificate(cert).raw.toString("base64");
}

/** One request over TLS, with this certificate of the client. */
function ask(port: number, options: RequestOptions = {}): Promise<unknown> {
  return new Promise((resolve, reject) => {
    request({ host: "127.0.0.1", port, ca: root.cert, agent: false, ...options }, (answer) => {
      let text = "";
      answer.setEncoding("utf8").on("data", (chunk: string) => (text += chunk));
      answer.on("end", () => resolve(JSON.parse(text)));
    })
      .on("error", reject)
      .end();
  });
}

test.each<[string, Partial<TestCertificate>, unknown]>([
  ["of an authority in the file", laptop, laptopSeen],
  ["with those that lead to one", { ...laptop, cert: laptop.cert + devices.cert }, laptopSeen],
  ["none", {}, nobody],
  ["of somebody else who is called the same", stranger.issue({ commonName: "laptop-7" }), nobody],
  ["of a server", devices.issue({ commonName: "laptop-7", uses: [1] }), nobody],
  ["that holds no more", devices.issue({ commonName: "laptop-7", to: new Date("2026-01-01") }), nobody],
  ["that does not hold yet", devices.issue({ commonName: "laptop-7", from: new Date("2040-01-01") }), nobody],
])("over TLS of our own, a certificate %s", async (_, client, seen) => {
  await using served = await serve({ tls });
  expect([served.server.url, await ask(served.server.port, client)]).toEqual([
    `https://127.0.0.1:${served.server.port}`,
    seen,
  ]);
});

test("what authorities below one in the file issue counts where the handshake shows the way up", async () => {
  const below = devices.subordinate("Phones");
  const phone = below.issue({ commonName: "phone" });
  await using served = await serve({ tls });
  const alone = await ask(served.server.port, phone);
  const led = await ask(served.server.port, { ...phone, cert: phone.cert + below.cert });
  expect([alone, led]).toEqual([
    nobody,
    { seen: { commonName: "phone", fingerprint: fingerprintOf(phone) } },
  ]);
});

test("a certificate that ends while its connection lives counts no more", async () => {
  // Handshakes go by the machine's own clock.
  const end = Date.parse("2040-01-01");
  const clock = createManualClock(end - 60_000);
  const brief = devices.issue({ commonName: "brief", to: new Date(end) });
  await using served = await serve({ tls, clock });
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  const seen = { seen: { commonName: "brief", fingerprint: fingerprintOf(brief) } };
  expect(await ask(served.server.port, { ...brief, agent })).toEqual(seen);
  clock.advance(60_000);
  expect(await ask(served.server.port, { ...brief, agent })).toEqual(seen);
  clock.advance(1);
  expect(await ask(served.server.port, { ...brief, agent })).toEqual(nobody);
  agent.destroy();
});

test.each(["TLSv1.2", "TLSv1.3"] as const)(
  "a %s session that is taken up again is the same client's",
  async (version) => {
    await using served = await serve({ tls });
    const sessions: Buffer[] = [];
    const agent = new Agent({ maxCachedSessions: 0 });
    const options = { minVersion: version, maxVersion: version, agent } as const;
    const first = new Promise<Buffer>((resolve) =>
      agent.once("keylog", (_line, socket) => socket.once("session", resolve)),
    );
    expect(await ask(served.server.port, { ...options, ...laptop })).toEqual(laptopSeen);
    sessions.push(await first);
    // Without certificate and key: all that it has is the session.
    let isReused = false;
    agent.once("keylog", (_line, socket) =>
      socket.once("secureConnect", () => (isReused = socket.isSessionReused())),
    );
    const again = await ask(served.server.port, { ...options, session: sessions[0] });
    expect([isReused, again]).toEqual([true, laptopSeen]);
  },
);

const pem = encodeURIComponent(laptop.cert);
const forms: readonly (readonly [string, string, string])[] = [
  ["as RFC 9440 writes it", "client-cert", `:${der(laptop)}:`],
  ["as nginx writes it", "X-SSL-Client-Cert", pem],
  [
    "as AWS writes it",
    "x-amzn-mtls-clientcert-leaf",
    pem.replaceAll("%2B", "+").replaceAll("%2F", "/").replaceAll("%3D", "="),
  ],
  ["as HAProxy writes it", "x-client-der", der(laptop)],
];

test.each(forms)("in a trusted proxy's header, %s", async (_, header, value) => {
  await using served = await serve({ header, trustedProxies: ["127.0.0.1"] });
  const ask = async (headers: Record<string, string>) =>
    JSON.parse((await served.send("/", { headers })).body) as unknown;
  expect([await ask({ [header]: value }), await ask({ [header]: value }), await ask({})]).toEqual([
    laptopSeen,
    laptopSeen,
    nobody,
  ]);
});

test.each(forms)("from anybody else the header says nothing, %s", async (_, header, value) => {
  await using served = await serve({ header, trustedProxies: ["10.0.0.0/8"] });
  await using direct = await serve({ header, tls });
  const { body } = await served.send("/", { headers: { [header]: value } });
  expect([JSON.parse(body), await ask(direct.server.port, { headers: { [header]: value } })]).toEqual([
    nobody,
    nobody,
  ]);
});

const below = devices.subordinate("Phones").issue({ commonName: "phone" });
test.each<[string, string]>([
  ["of somebody else who is called the same", `:${der(stranger.issue({ commonName: "laptop-7" }))}:`],
  ["of a server", `:${der(devices.issue({ uses: [1] }))}:`],
  ["of an authority", `:${der(devices)}:`],
  ["of an authority that is not in the file", `:${der(below)}:`],
  ["that holds no more", `:${der(devices.issue({ to: new Date("2026-01-01") }))}:`],
  ["and one more", `:${der(laptop)}:, :${der(laptop)}:`],
  ["and its issuer", encodeURIComponent(laptop.cert + devices.cert)],
  ["with a parameter", `:${der(laptop)}:;a=1`],
  [
    "with something behind it",
    `:${Buffer.concat([Buffer.from(der(laptop), "base64"), Buffer.from([0])]).toString("base64")}:`,
  ],
  ["as PEM in a byte sequence", `:${Buffer.from(laptop.cert).toString("base64")}:`],
  ["that is cut", `:${der(laptop).slice(0, 200)}:`],
  ["that is none", "(null)"],
  ["that does not unescape", `${pem}%E0%A4%A`],
  ["that is empty", ""],
])("a trusted proxy's header with a certificate %s", async (_, value) => {
  await using served = await serve({ header: "client-cert", trustedProxies: ["127.0.0.1"] });
  const { body, status } = await served.send("/", { headers: { "client-cert": value } });
  expect([status, JSON.parse(body)]).toEqual([200, nobody]);
});

test("a proxy's own certificate is not its clients'", async () => {
  await using served = await serve({ tls, header: "client-cert", trustedProxies: ["127.0.0.1"] });
  const proxy = devices.issue({ commonName: "proxy", uses: [2] });
  expect([
    await ask(served.server.port, proxy),
    await ask(served.server.port, { ...proxy, headers: { "client-cert": `:${der(laptop)}:` } }),
  ]).toEqual([nobody, laptopSeen]);
});

test("a header that no setting names is not looked at", async () => {
  await using served = await serve({ trustedProxies: ["127.0.0.1"] });
  const { body } = await served.send("/", { headers: { "client-cert": `:${der(laptop)}:` } });
  expect(JSON.parse(body)).toEqual(nobody);
});

test.each<[string, string | readonly string[] | undefined, string | undefined]>([
  ["none", undefined, undefined],
  ["two", ["admin", "laptop"], undefined],
  ["one in lines", "laptop\nCN=admin", undefined],
  ["one that is long", "x".repeat(257), undefined],
  ["one of any script", "Gerät 7", "Gerät 7"],
  ["one that looks like several", "laptop, CN=admin/CN=root", "laptop, CN=admin/CN=root"],
])("a subject with %s", async (_, name, commonName) => {
  const odd = devices.issue(name === undefined ? {} : { commonName: name });
  await using served = await serve({ tls });
  expect(await ask(served.server.port, odd)).toEqual({
    seen: { ...(commonName !== undefined && { commonName }), fingerprint: fingerprintOf(odd) },
  });
});
