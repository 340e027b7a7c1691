import { createHash } from "node:crypto";
import { isFault } from "@castellan/kernel";
import { expect, test } from "vitest";
import { readConfig, settings } from "./settings.ts";

const key = createHash("sha256").update("a test").digest("base64");

function problems(env: Record<string, string>) {
  try {
    readConfig(env);
    return [];
  } catch (error) {
    if (isFault(error, "config_invalid")) return error.data?.["problems"];
    throw error;
  }
}

test("an empty environment is enough", () => {
  const config = readConfig({});
  expect(config).toMatchObject({
    host: "127.0.0.1",
    port: 8700,
    isLoopback: true,
    drainSeconds: 20,
    syncIntervalSeconds: 7200,
  });
  expect(config.dataDir).toMatch(/[/\\]\.castellan$/);
});

test("all problems are told together, each with its variable", () => {
  expect(
    problems({
      CASTELLAN_PORT: "80000",
      CASTELLAN_LOG_LEVEL: "loud",
      CASTELLAN_HOST: "0.0.0.0",
      CASTELLAN_PUBLIK_URL: "https://x",
      DATABASE_URL: "postgres://u@h/db",
    }),
  ).toEqual([
    "CASTELLAN_PORT must be a whole number from 0 to 65535",
    "CASTELLAN_LOG_LEVEL must be one of debug, info, warn, error, silent",
    "CASTELLAN_PUBLIK_URL is not a setting; see docs/reference/configuration.md",
    "CASTELLAN_PUBLIC_URL is required, since CASTELLAN_HOST (0.0.0.0) is not a loopback address",
    "CASTELLAN_MASTER_KEY is required with DATABASE_URL: a key made here would differ from the next replica's",
  ]);
});

test("beyond loopback with a public URL, an external database with a key", () => {
  const config = readConfig({
    CASTELLAN_HOST: "0.0.0.0",
    CASTELLAN_PUBLIC_URL: "https://mcp.example.com",
    DATABASE_URL: "postgres://u:p@db.example.com:5433/castellan",
    CASTELLAN_MASTER_KEY: key,
  });
  expect(config).toMatchObject({
    isLoopback: false,
    publicUrl: "https://mcp.example.com",
    databaseUrl: { host: "db.example.com", port: 5433, user: "u", database: "castellan" },
  });
});

test.each([
  ["https://mcp.example.com/path", "must be an origin"],
  ["ftp://mcp.example.com", "must be an http or https URL"],
  ["mcp.example.com", "must be an http or https URL"],
])("CASTELLAN_PUBLIC_URL=%s %s", (value, reason) => {
  expect(String(problems({ CASTELLAN_PUBLIC_URL: value }))).toContain(`CASTELLAN_PUBLIC_URL ${reason}`);
});

test("certificates: what needs what", () => {
  const tls = { CASTELLAN_TLS_CERT_FILE: "a.pem", CASTELLAN_TLS_KEY_FILE: "a.key" };
  const ca = { CASTELLAN_CLIENT_CA_FILE: "ca.pem" };
  const header = { CASTELLAN_CLIENT_CERT_HEADER: "Client-Cert" };
  const proxies = { CASTELLAN_TRUSTED_PROXIES: "10.0.0.0/8" };
  expect([problems(tls), problems({ ...tls, ...ca }), problems({ ...ca, ...header, ...proxies })]).toEqual([
    [],
    [],
    [],
  ]);
  expect(readConfig({ ...ca, ...header, ...proxies }).clientCertHeader).toBe("client-cert");
  expect([
    problems({ CASTELLAN_TLS_KEY_FILE: "a.key" }),
    problems({ CASTELLAN_TLS_CERT_FILE: "a.pem" }),
    problems(ca),
    problems(header),
    problems({ CASTELLAN_CLIENT_CERT_HEADER: "a b" }),
  ]).toEqual([
    ["CASTELLAN_TLS_CERT_FILE and CASTELLAN_TLS_KEY_FILE need each other"],
    ["CASTELLAN_TLS_CERT_FILE and CASTELLAN_TLS_KEY_FILE need each other"],
    [
      "CASTELLAN_CLIENT_CA_FILE needs CASTELLAN_TLS_CERT_FILE or CASTELLAN_CLIENT_CERT_HEADER: no certificate would ever arrive",
    ],
    [
      "CASTELLAN_CLIENT_CERT_HEADER needs CASTELLAN_CLIENT_CA_FILE: the certificate in it is checked",
      "CASTELLAN_CLIENT_CERT_HEADER needs CASTELLAN_TRUSTED_PROXIES: nobody else is believed about it",
    ],
    ["CASTELLAN_CLIENT_CERT_HEADER must be the name of a header"],
  ]);
});

test("mail needs a server and an address that it comes from", () => {
  const smtp = "smtps://castellan:hunter2@mail.example.com";
  const { smtpServer, mailFrom } = readConfig({
    CASTELLAN_SMTP_URL: smtp,
    CASTELLAN_MAIL_FROM: "castellan@example.com",
  });
  expect([smtpServer?.host, smtpServer?.port, smtpServer?.tls, mailFrom]).toEqual([
    "mail.example.com",
    465,
    "implicit",
    "castellan@example.com",
  ]);
  expect(problems({ CASTELLAN_SMTP_URL: smtp })).toEqual([
    "CASTELLAN_MAIL_FROM is required with CASTELLAN_SMTP_URL",
  ]);
  expect(
    problems({ CASTELLAN_SMTP_URL: "mailto:hunter2", CASTELLAN_MAIL_FROM: "A <a@example.com>" }),
  ).toEqual([
    "CASTELLAN_SMTP_URL must be a URL such as smtps://user:password@mail.example.com",
    "CASTELLAN_MAIL_FROM must be an e-mail address",
  ]);
});

test("no problem repeats a secret", () => {
  expect(
    String(problems({ CASTELLAN_MASTER_KEY: "hunter2", DATABASE_URL: "mysql://root:hunter2@h/db" })),
  ).not.toContain("hunter2");
});

test("each setting has a variable of its own and a sentence", () => {
  const all = Object.values(settings);
  expect(new Set(all.map(({ variable }) => variable)).size).toBe(all.length);
  for (const { help } of all) expect(help).toMatch(/\.$/);
});

test("a namespace of the registry is what names may begin with", () => {
  expect(readConfig({ CASTELLAN_REGISTRY_NAMESPACE: "com.example.mcp" }).registryNamespace).toBe(
    "com.example.mcp",
  );
  expect(problems({ CASTELLAN_REGISTRY_NAMESPACE: "com.example/mcp" })).toEqual([
    "CASTELLAN_REGISTRY_NAMESPACE must be 1 to 160 letters, digits, dots and hyphens, beginning and ending with a letter or digit",
  ]);
});

test("where clients that nobody registered may have people sent", () => {
  const config = readConfig({
    CASTELLAN_CLIENT_REGISTRATION: "documents",
    CASTELLAN_REDIRECT_URIS: "https://a.example/cb, https://b.example/*, loopback, app://cb/x",
  });
  expect([config.clientRegistration, config.redirectUris]).toEqual([
    "documents",
    [
      { kind: "exact", uri: "https://a.example/cb" },
      { kind: "under", prefix: "https://b.example/" },
      { kind: "loopback" },
      { kind: "exact", uri: "app://cb/x" },
    ],
  ]);
  expect(
    problems({ CASTELLAN_CLIENT_REGISTRATION: "closed", CASTELLAN_REDIRECT_URIS: "http://a.example/*" }),
  ).toEqual([
    "CASTELLAN_CLIENT_REGISTRATION must be one of open, documents, off",
    'CASTELLAN_REDIRECT_URIS "http://a.example/*" must use https',
  ]);
});
