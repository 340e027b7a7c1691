/**
 * The HTTP application: a table of stages that each request passes before its route, the health
 * routes, and one mapper from failures to answers. Routes are added to what it returns.
 */
import { systemClock, type Clock, type Fault } from "@castellan/kernel";
import { Hono, type Context, type MiddlewareHandler } from "hono";
import { findCertificate, type ClientCertificateSettings } from "../client-certificate/client-certificate.ts";
import { limitAddress, type AddressLimit } from "./address-limit.ts";
import { createProxyTrust, type ForwardedHeader, type ProxyTrust } from "./client-address.ts";
import { exchangeOf, type Stage } from "./exchange.ts";
import { addHealthRoutes, type HealthCheck } from "./health.ts";
import { checkHost } from "./host-check.ts";
import { errorPage, prefersPage } from "../pages/error-page.ts";
import { createNames, type NameSettings } from "./names.ts";
import { checkOrigin, type OpenPath } from "./origin-check.ts";
import { problemResponse, toFault } from "./problem.ts";
import { assignRequestId } from "./request-id.ts";
import { isBelow, unknownRoute } from "./routes.ts";
import { setSecurityHeaders } from "./security-headers.ts";

export interface WebAppSettings extends NameSettings {
  /** CIDRs of the proxies in front; what others say about a client's address is not believed. */
  readonly trustedProxies?: readonly string[];
  /** What pages of any origin may call. */
  readonly openPaths?: readonly OpenPath[];
  /** Paths of pages for people, with all that is below them: a browser is shown failures there as pages. `/sign-in`. */
  readonly pagePaths?: readonly string[];
  /** Where those proxies write the client's address. Default `x-forwarded-for`. */
  readonly forwardedHeader?: ForwardedHeader;
  /** Certificates by which clients may prove themselves; none count when absent. */
  readonly clientCertificates?: ClientCertificateSettings;
  /** Requests that one client address may send to this replica; no limit when absent. */
  readonly addressLimit?: AddressLimit;
  /** What must work for `/health/ready`, by the name that its answer gives. */
  readonly healthChecks?: Readonly<Record<string, HealthCheck>>;
  readonly healthTimeoutMs?: number;
  readonly clock?: Clock;
  /** Hears every error that is answered with 500, and why a health check failed (without request id). */
  readonly onError: (error: unknown, requestId: string | undefined) => void;
  /** Counts requests that were refused before anyone was known: by a stage, for want of a route, or with 401. */
  readonly onRefused?: (refused: Refused) => void;
  /** Headers that belong to a failure, such as `WWW-Authenticate` to a 401. */
  readonly faultHeaders?: (fault: Fault, c: Context) => Readonly<Record<string, string>>;
}

export interface Refused {
  /** The client's address, "" when not known. */
  readonly address: string;
  readonly code: string;
}

/** What each request passes, in this order; a stage lets it pass, answers it, or refuses it. */
function stageTable(
  settings: WebAppSettings,
  trust: ProxyTrust,
): readonly (readonly [name: string, stage: Stage])[] {
  const names = createNames(settings);
  const { addressLimit, clientCertificates, clock = systemClock } = settings;
  return [
    ["request id", assignRequestId(trust)],
    ["client address", trust.address],
    ["security headers", setSecurityHeaders],
    ["address limit", addressLimit === undefined ? pass : limitAddress(addressLimit, clock)],
    ["host", checkHost(names)],
    ["origin", checkOrigin(names, settings.openPaths)],
    [
      "client certificate",
      clientCertificates === undefined ? pass : findCertificate(clientCertificates, trust, clock),
    ],
  ];
}

/** The stages that a health probe passes. */
const openStages = new Set(["request id", "client address", "security headers"]);

const pass: Stage = () => undefined;

/** @throws web_setting_invalid naming the setting. */
export function createWebApp(settings: WebAppSettings): Hono {
  const trust = createProxyTrust(settings.trustedProxies, settings.forwardedHeader);
  const table = stageTable(settings, trust);
  const app = new Hono();

  addHealthRoutes(app, gate(table.filter(([name]) => openStages.has(name)).map(([, stage]) => stage)), {
    checks: settings.healthChecks ?? {},
    clock: settings.clock ?? systemClock,
    onError: (error, check) =>
      settings.onError(new Error(`health check ${check} failed`, { cause: error }), undefined),
    ...(settings.healthTimeoutMs !== undefined && { timeoutMs: settings.healthTimeoutMs }),
  });
  app.use(gate(table.map(([, stage]) => stage)));

  app.onError((error, c) => answerFailure(settings, toFault(error), c));
  app.notFound((c) => {
    const exchange = exchangeOf(c);
    const { fault, headers } = unknownRoute(app, c.req.method, c.req.path);
    settings.onRefused?.({ address: exchange.address, code: fault.code });
    return exchange.finish(tell(settings, fault, c, headers));
  });
  return app;
}

/** One middleware for all stages: each further one would cost two promises a request. */
function gate(stages: readonly Stage[]): MiddlewareHandler {
  return async (c, next) => {
    const exchange = exchangeOf(c);
    for (const stage of stages) {
      const answer = stage(exchange);
      if (answer !== undefined) return exchange.finish(answer);
    }
    exchange.isAdmitted = true;
    try {
      await next();
    } catch (thrown) {
      // Hono maps errors only; whatever else code may throw is a defect like any other.
      throw thrown instanceof Error
        ? thrown
        : new Error("something that is no Error was thrown", { cause: thrown });
    }
    const finished = exchange.finish(c.res);
    if (finished !== c.res) c.res = finished;
    return undefined;
  };
}

function answerFailure(settings: WebAppSettings, fault: Fault, c: Context): Response {
  const exchange = exchangeOf(c);
  if (fault.status === 500) settings.onError(fault.cause ?? fault, exchange.requestId);
  else if (!exchange.isAdmitted || fault.status === 401)
    settings.onRefused?.({ address: exchange.address, code: fault.code });
  return exchange.finish(tell(settings, fault, c, settings.faultHeaders?.(fault, c)));
}

/** A failure, in the way that whoever asked can read. */
function tell(
  { pagePaths = [] }: WebAppSettings,
  fault: Fault,
  c: Context,
  headers: Readonly<Record<string, string>> = {},
): Response {
  return isBelow(c.req.path, pagePaths) && prefersPage(c)
    ? errorPage(c, fault, { headers })
    : problemResponse(fault, exchangeOf(c).requestId, headers);
}
