/** What all requests pass first, whatever they are for. Who gets what, no logic. */
import { challenge } from "@castellan/access";
import { sql } from "@castellan/database";
import { evaluationKeysPath } from "@castellan/policy";
import { createWebApp, type ClientAuthorities } from "@castellan/web";
import type { Hono } from "hono";
import { faultHappened, requestRefused } from "./events.ts";
import type { Ground } from "./ground.ts";
import { linkOpenPaths, linkPagePaths } from "./linking.ts";
import type { Portals } from "./portals.ts";
import { openPaths, pagePaths } from "./ways-in.ts";

export interface WebParts {
  readonly portals: Pick<Portals, "directory" | "addresses">;
  /** Who issues the certificates by which clients may prove themselves; absent: none count. */
  readonly clientAuthorities: ClientAuthorities | undefined;
}

export function openWeb(ground: Ground, { portals, clientAuthorities }: WebParts): Hono {
  const { config, telemetry, database, clock, publicUrl } = ground;
  const { directory, addresses } = portals;
  return createWebApp({
    publicUrl,
    isLoopback: config.isLoopback,
    openPaths: [
      { path: "/v0.1", methods: ["GET"] },
      { path: "/.well-known/oauth-protected-resource", methods: ["GET"] },
      { path: evaluationKeysPath, methods: ["GET"] },
      ...openPaths,
      ...linkOpenPaths,
    ],
    pagePaths: [...pagePaths, ...linkPagePaths],
    isOwnHost: (host) => directory.findByHost(host) !== undefined,
    clock,
    healthChecks: { database: () => database.query(sql`select 1`).then(() => undefined) },
    onError: (error, requestId) => telemetry.emit(faultHappened, { error, requestId }),
    onRefused: (refused) => telemetry.emit(requestRefused, refused),
    faultHeaders(fault, c) {
      const way = c.req.path.startsWith("/api/") ? challenge(fault, addresses.api) : undefined;
      const told = way ?? (fault.status === 401 ? "Bearer" : undefined);
      return told === undefined ? {} : { "www-authenticate": told };
    },
    ...(config.allowedOrigins && { allowedOrigins: config.allowedOrigins }),
    ...(config.trustedProxies && { trustedProxies: config.trustedProxies }),
    ...(clientAuthorities && {
      clientCertificates: { authorities: clientAuthorities, header: config.clientCertHeader },
    }),
    ...(config.addressRate && {
      addressLimit: { perSecond: config.addressRate, burst: config.addressRate * 10 },
    }),
  });
}
