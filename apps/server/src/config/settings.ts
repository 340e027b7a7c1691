/**
 * Every setting of the process. Read once, at the start; all problems are told together. What is not
 * here (servers, portals, tokens) is a resource that is made over the API.
 */
import { isIP } from "node:net";
import { resolve } from "node:path";
import { syncIntervalBounds } from "@castellan/calls";
import { parseDatabaseUrl } from "@castellan/database";
import { containmentModes, type ContainmentMode } from "@castellan/isolates";
import { isMailAddress, parseSmtpUrl } from "@castellan/notices";
import { clientRegistrations, parseRedirectRule } from "@castellan/oauth";
import { isNamespace, namespaceRule } from "@castellan/registry";
import { logLevels } from "@castellan/telemetry";
import { parseMasterKey } from "@castellan/vault";
import { serverFaults } from "../faults.ts";
import {
  defineSetting,
  headerName,
  httpUrl,
  integer,
  list,
  oneOf,
  origin,
  text,
  type Setting,
} from "./setting.ts";

export const settings = {
  dataDir: defineSetting({
    variable: "CASTELLAN_DATA",
    help: "Folder of the embedded database, the master key and the first admin's token.",
    fallback: ".castellan",
    parse: (value) => resolve(value),
  }),
  host: defineSetting({
    variable: "CASTELLAN_HOST",
    help: "Address to listen on. Anything but loopback needs CASTELLAN_PUBLIC_URL.",
    fallback: "127.0.0.1",
    parse: text,
  }),
  port: defineSetting({
    variable: "CASTELLAN_PORT",
    help: "Port to listen on; 0 takes a free one.",
    fallback: "8700",
    parse: integer(0, 65_535),
  }),
  publicUrl: defineSetting({
    variable: "CASTELLAN_PUBLIC_URL",
    help: "Where clients reach Castellan, for example https://mcp.example.com. Allowed hosts and origins derive from it.",
    fallback: "http://localhost and the port",
    parse: origin,
  }),
  allowedOrigins: defineSetting({
    variable: "CASTELLAN_ALLOWED_ORIGINS",
    help: "Origins of browser clients elsewhere, separated by commas.",
    fallback: "none",
    parse: (value) => list(value).map(origin),
  }),
  trustedProxies: defineSetting({
    variable: "CASTELLAN_TRUSTED_PROXIES",
    help: "CIDRs of the proxies in front, separated by commas; only they are believed about a client's address.",
    fallback: "none",
    parse: list,
  }),
  tlsCertFile: defineSetting({
    variable: "CASTELLAN_TLS_CERT_FILE",
    help: "PEM file with the server's certificate and those that lead to a root: Castellan then speaks TLS itself. Needs CASTELLAN_TLS_KEY_FILE.",
    fallback: "none: plain HTTP, for loopback and behind a proxy",
    parse: (value) => resolve(value),
  }),
  tlsKeyFile: defineSetting({
    variable: "CASTELLAN_TLS_KEY_FILE",
    help: "PEM file with the private key of that certificate, without a passphrase.",
    fallback: "none",
    parse: (value) => resolve(value),
  }),
  clientCaFile: defineSetting({
    variable: "CASTELLAN_CLIENT_CA_FILE",
    help: "PEM file of the authorities that issue client certificates, intermediate ones too. Clients are asked for a certificate and never need one; rules look at it.",
    fallback: "none: no client certificate counts",
    parse: (value) => resolve(value),
  }),
  clientCertHeader: defineSetting({
    variable: "CASTELLAN_CLIENT_CERT_HEADER",
    help: "Header in which the trusted proxies write a client's certificate: client-cert (RFC 9440), or another name with URL-escaped PEM or base64. Each proxy must take away what clients send under that name.",
    fallback: "none",
    parse: headerName,
  }),
  countryDatabaseFile: defineSetting({
    variable: "CASTELLAN_COUNTRY_DB",
    help: "MMDB file that tells the countries of addresses, such as GeoLite2-Country; read at the start.",
    fallback: "the one that comes along, which is as old as the release and roughly right",
    parse: (value) => resolve(value),
  }),
  databaseUrl: defineSetting({
    variable: "DATABASE_URL",
    help: "A PostgreSQL (15 or later) to use instead of the embedded one. Needs CASTELLAN_MASTER_KEY.",
    fallback: "the embedded PostgreSQL",
    parse: parseDatabaseUrl,
    isSecret: true,
  }),
  masterKey: defineSetting({
    variable: "CASTELLAN_MASTER_KEY",
    help: "The key under which secrets are sealed: 32 random bytes in base64 or hex.",
    fallback: "a key made in the data folder",
    parse: (value) => parseMasterKey(value, "CASTELLAN_MASTER_KEY"),
    isSecret: true,
  }),
  olderMasterKeys: defineSetting({
    variable: "CASTELLAN_OLDER_MASTER_KEYS",
    help: "Earlier master keys, separated by commas, until a rotation has finished.",
    fallback: "none",
    parse: (value) => list(value).map((key) => parseMasterKey(key, "CASTELLAN_OLDER_MASTER_KEYS")),
    isSecret: true,
  }),
  maxBodyBytes: defineSetting({
    variable: "CASTELLAN_MAX_BODY_BYTES",
    help: "Largest message that a client may send, in bytes.",
    fallback: "4194304",
    parse: integer(1024, 256 * 1024 * 1024),
  }),
  maxConnections: defineSetting({
    variable: "CASTELLAN_MAX_CONNECTIONS",
    help: "Connections from clients at a time; further ones are closed at once.",
    fallback: "10000",
    parse: integer(1, 1_000_000),
  }),
  addressRate: defineSetting({
    variable: "CASTELLAN_ADDRESS_RATE",
    help: "Requests a second that one client address may send to a replica for long; ten times as many at once.",
    fallback: "no limit",
    parse: integer(1, 1_000_000),
  }),
  personCallsPerMinute: defineSetting({
    variable: "CASTELLAN_PERSON_CALLS_PER_MINUTE",
    help: "Calls to servers that one person, or one service token, may begin in a minute, over all replicas.",
    fallback: "no limit",
    parse: integer(1, 1_000_000),
  }),
  personConcurrency: defineSetting({
    variable: "CASTELLAN_PERSON_CONCURRENCY",
    help: "Calls to servers that one person, or one service token, may have under way, over all replicas.",
    fallback: "no limit but 64 at one server, on each replica",
    parse: integer(1, 100_000),
  }),
  upstreamIdleSeconds: defineSetting({
    variable: "CASTELLAN_UPSTREAM_IDLE_SECONDS",
    help: "Silence of a server after which a call to it is given up, in seconds.",
    fallback: "300",
    parse: integer(1, 86_400),
  }),
  syncTimeoutSeconds: defineSetting({
    variable: "CASTELLAN_SYNC_TIMEOUT_SECONDS",
    help: "Time that reading a server's lists may take, in seconds.",
    fallback: "30",
    parse: integer(1, 600),
  }),
  syncIntervalSeconds: defineSetting({
    variable: "CASTELLAN_SYNC_INTERVAL_SECONDS",
    help: "How often the lists of a server are read again, in seconds, where its registration does not say.",
    fallback: "7200",
    parse: integer(syncIntervalBounds.min, syncIntervalBounds.max),
  }),
  drainSeconds: defineSetting({
    variable: "CASTELLAN_DRAIN_SECONDS",
    help: "Time that running calls get to finish when Castellan stops, in seconds.",
    fallback: "20",
    parse: integer(0, 3600),
  }),
  proxyUrl: defineSetting({
    variable: "CASTELLAN_PROXY_URL",
    help: "An http or https proxy for requests to servers.",
    fallback: "none",
    parse: text,
    isSecret: true,
  }),
  noProxy: defineSetting({
    variable: "CASTELLAN_NO_PROXY",
    help: "Hosts and CIDRs that are reached without the proxy, separated by commas.",
    fallback: "none",
    parse: text,
  }),
  caFile: defineSetting({
    variable: "CASTELLAN_CA_FILE",
    help: "PEM file of certificate authorities to trust in addition to the system's.",
    fallback: "none",
    parse: (value) => resolve(value),
  }),
  smtpServer: defineSetting({
    variable: "CASTELLAN_SMTP_URL",
    help: "The mail server for notices: smtps://user:password@host, or smtp:// for STARTTLS, which must be there unless the server is on this machine or the URL ends with ?tls=optional. Needs CASTELLAN_MAIL_FROM.",
    fallback: "no e-mail",
    parse: parseSmtpUrl,
    isSecret: true,
  }),
  mailFrom: defineSetting({
    variable: "CASTELLAN_MAIL_FROM",
    help: "The address that e-mail comes from.",
    fallback: "none",
    parse: (value) => {
      if (isMailAddress(value)) return value;
      throw new Error("must be an e-mail address");
    },
  }),
  isolateContainment: defineSetting({
    variable: "CASTELLAN_ISOLATES_CONTAINMENT",
    help: "How programs of Code Mode are contained beside their own limits: required (by bubblewrap, or they do not run), preferred (by bubblewrap where it can be had), none.",
    fallback: "required, on a loopback address preferred",
    parse: oneOf(...containmentModes),
  }),
  isolateMaxRunning: defineSetting({
    variable: "CASTELLAN_ISOLATES_RUNNING",
    help: "Programs that run at a time on this replica; each has a process of its own. Further ones wait.",
    fallback: "16",
    parse: integer(1, 1_000),
  }),
  isolateWarm: defineSetting({
    variable: "CASTELLAN_ISOLATES_WARM",
    help: "Processes that wait for a program, so that none has to wait for a process; 0 starts each when it is needed.",
    fallback: "2",
    parse: integer(0, 100),
  }),
  runSeconds: defineSetting({
    variable: "CASTELLAN_RUN_SECONDS",
    help: "Time that one run of Code Mode may take, in seconds, without waiting for people.",
    fallback: "60",
    parse: integer(1, 600),
  }),
  runWaitSeconds: defineSetting({
    variable: "CASTELLAN_RUN_WAIT_SECONDS",
    help: "How long a run of Code Mode waits for people's decisions before it is given up, in seconds.",
    fallback: "86400",
    parse: integer(60, 30 * 86_400),
  }),
  metricsPort: defineSetting({
    variable: "CASTELLAN_METRICS_PORT",
    help: "Port for Prometheus metrics at /metrics, on the same address as everything else.",
    fallback: "no metrics port",
    parse: integer(0, 65_535),
  }),
  logLevel: defineSetting({
    variable: "CASTELLAN_LOG_LEVEL",
    help: "Lines below this level are not written: debug, info, warn, error, silent.",
    fallback: "info",
    parse: oneOf(...logLevels, "silent"),
  }),
  otlpEndpoint: defineSetting({
    variable: "OTEL_EXPORTER_OTLP_ENDPOINT",
    help: "OpenTelemetry collector that traces and metrics are sent to (OTLP over HTTP).",
    fallback: "none",
    parse: httpUrl,
  }),
  sessionSeconds: defineSetting({
    variable: "CASTELLAN_SESSION_SECONDS",
    help: "How long a browser stays signed in, in seconds.",
    fallback: "43200",
    parse: integer(300, 30 * 86_400),
  }),
  clientRegistration: defineSetting({
    variable: "CASTELLAN_CLIENT_REGISTRATION",
    help: "Which OAuth clients are taken beside those that an admin registered: open (any), documents (those that describe themselves at a URL), off (none).",
    fallback: "open",
    parse: oneOf(...clientRegistrations),
  }),
  redirectUris: defineSetting({
    variable: "CASTELLAN_REDIRECT_URIS",
    help: "Where clients that no admin registered may have people sent, separated by commas: URIs to the letter, https addresses that end with /*, or loopback for any http address on the person's own computer.",
    fallback: "any https, loopback or app address",
    parse: (value) => list(value).map(parseRedirectRule),
  }),
  accessTokenSeconds: defineSetting({
    variable: "CASTELLAN_ACCESS_TOKEN_SECONDS",
    help: "How long an access token of an OAuth client is good, in seconds; the client then gets another by itself.",
    fallback: "900",
    parse: integer(60, 86_400),
  }),
  grantSeconds: defineSetting({
    variable: "CASTELLAN_GRANT_SECONDS",
    help: "How long a client stays let in, in seconds from when the person agreed to it; then it asks again.",
    fallback: "1209600",
    parse: integer(300, 31_536_000),
  }),
  registryNamespace: defineSetting({
    variable: "CASTELLAN_REGISTRY_NAMESPACE",
    help: "What the names of this installation's registry begin with, for example com.example.mcp.",
    fallback: "the public host, reversed",
    parse: (value) => {
      if (isNamespace(value)) return value;
      throw new Error(`must be ${namespaceRule}`);
    },
  }),
} as const satisfies Readonly<Record<string, Setting<unknown>>>;

type Parsed = {
  readonly [Name in keyof typeof settings]?: ReturnType<(typeof settings)[Name]["parse"]>;
};

/** What holds for this process, defaults filled in. */
export interface Config extends Parsed {
  readonly dataDir: string;
  readonly host: string;
  readonly port: number;
  readonly maxBodyBytes: number;
  readonly upstreamIdleSeconds: number;
  readonly syncTimeoutSeconds: number;
  readonly syncIntervalSeconds: number;
  readonly drainSeconds: number;
  readonly maxConnections: number;
  readonly isLoopback: boolean;
}

/** Reads the settings from an environment. Throws `config_invalid` with every problem at once. */
export function readConfig(env: Readonly<Record<string, string | undefined>>): Config {
  const problems: string[] = [];
  const parsed = parseAll(env, problems);
  const host = parsed.host ?? "127.0.0.1";
  const config: Config = {
    ...parsed,
    dataDir: parsed.dataDir ?? resolve(settings.dataDir.fallback),
    host,
    port: parsed.port ?? Number(settings.port.fallback),
    maxBodyBytes: parsed.maxBodyBytes ?? Number(settings.maxBodyBytes.fallback),
    upstreamIdleSeconds: parsed.upstreamIdleSeconds ?? Number(settings.upstreamIdleSeconds.fallback),
    syncTimeoutSeconds: parsed.syncTimeoutSeconds ?? Number(settings.syncTimeoutSeconds.fallback),
    syncIntervalSeconds: parsed.syncIntervalSeconds ?? Number(settings.syncIntervalSeconds.fallback),
    drainSeconds: parsed.drainSeconds ?? Number(settings.drainSeconds.fallback),
    maxConnections: parsed.maxConnections ?? Number(settings.maxConnections.fallback),
    isLoopback: isLoopbackHost(host),
  };
  problems.push(...contradictions(config));
  if (problems.length === 0) return config;
  const lines = problems.map((problem) => `\n  ${problem}`).join("");
  throw serverFaults.fault("config_invalid", `Castellan cannot start with these settings:${lines}`, {
    data: { problems },
  });
}

function parseAll(env: Readonly<Record<string, string | undefined>>, problems: string[]): Parsed {
  const parsed: Record<string, unknown> = {};
  for (const [name, setting] of Object.entries(settings)) {
    const value = env[setting.variable];
    if (value === undefined || value.trim() === "") continue;
    try {
      parsed[name] = setting.parse(value.trim());
    } catch (error) {
      problems.push(problemOf(setting.variable, error));
    }
  }
  const known = new Set<string>(Object.values(settings).map(({ variable }) => variable));
  for (const variable of Object.keys(env))
    if (variable.startsWith("CASTELLAN_") && !known.has(variable) && !clientVariables.has(variable))
      problems.push(`${variable} is not a setting; see docs/reference/configuration.md`);
  return parsed as Parsed;
}

/** Read by the command line when it speaks to a server, not by the server. */
const clientVariables = new Set(["CASTELLAN_URL", "CASTELLAN_TOKEN"]);

function problemOf(variable: string, error: unknown): string {
  const message = error instanceof Error ? error.message : "cannot be read";
  return message.startsWith(variable) ? message : `${variable} ${message}`;
}

/** Settings that are right by themselves but not together. */
function contradictions(config: Config): string[] {
  return [
    ...(config.isLoopback || config.publicUrl !== undefined
      ? []
      : [
          `CASTELLAN_PUBLIC_URL is required, since CASTELLAN_HOST (${config.host}) is not a loopback address`,
        ]),
    ...(config.databaseUrl === undefined || config.masterKey !== undefined
      ? []
      : [
          "CASTELLAN_MASTER_KEY is required with DATABASE_URL: a key made here would differ from the next replica's",
        ]),
    ...(config.olderMasterKeys === undefined || config.masterKey !== undefined
      ? []
      : ["CASTELLAN_OLDER_MASTER_KEYS needs CASTELLAN_MASTER_KEY"]),
    ...certificateContradictions(config),
    ...(config.smtpServer === undefined || config.mailFrom !== undefined
      ? []
      : ["CASTELLAN_MAIL_FROM is required with CASTELLAN_SMTP_URL"]),
  ];
}

function certificateContradictions(config: Config): string[] {
  const { tlsCertFile, tlsKeyFile, clientCaFile, clientCertHeader, trustedProxies } = config;
  return [
    ...((tlsCertFile === undefined) === (tlsKeyFile === undefined)
      ? []
      : ["CASTELLAN_TLS_CERT_FILE and CASTELLAN_TLS_KEY_FILE need each other"]),
    ...(clientCertHeader === undefined || clientCaFile !== undefined
      ? []
      : ["CASTELLAN_CLIENT_CERT_HEADER needs CASTELLAN_CLIENT_CA_FILE: the certificate in it is checked"]),
    ...(clientCertHeader === undefined || trustedProxies !== undefined
      ? []
      : ["CASTELLAN_CLIENT_CERT_HEADER needs CASTELLAN_TRUSTED_PROXIES: nobody else is believed about it"]),
    ...(clientCaFile === undefined || tlsCertFile !== undefined || clientCertHeader !== undefined
      ? []
      : [
          "CASTELLAN_CLIENT_CA_FILE needs CASTELLAN_TLS_CERT_FILE or CASTELLAN_CLIENT_CERT_HEADER: no certificate would ever arrive",
        ]),
  ];
}

/** How programs are to be contained. Whoever can reach this process from elsewhere can send it one. */
export function containmentOf({ isolateContainment, isLoopback }: Config): ContainmentMode {
  return isolateContainment ?? (isLoopback ? "preferred" : "required");
}

function isLoopbackHost(host: string): boolean {
  return host === "localhost" || host === "::1" || (isIP(host) === 4 && host.startsWith("127."));
}
