import type { Hono } from "hono";
import type { PortalEndpoint } from "./portal-endpoint.ts";

/**
 * Puts the portals at their addresses: `/p/{portal}/mcp`, and at `/mcp` the one whose own host name it is, or the
 * default one.
 */
export function mountPortals(app: Hono, endpoint: PortalEndpoint): void {
  for (const path of ["/mcp", "/p/:portal/mcp"] as const) {
    app.post(path, (c) => endpoint.post(c, c.req.param("portal")));
    app.get(path, (c) => endpoint.get(c, c.req.param("portal")));
    app.delete(path, (c) => endpoint.delete(c, c.req.param("portal")));
  }
}
