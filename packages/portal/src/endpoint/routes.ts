import type { Hono } from "hono";
import { defaultPortalSlug } from "../portals/portal.ts";
import type { PortalEndpoint } from "./portal-endpoint.ts";

/** Puts the portals at their addresses: `/p/{portal}/mcp`, and the default one at `/mcp`, too. */
export function mountPortals(app: Hono, endpoint: PortalEndpoint): void {
  for (const [path, slugOf] of [
    ["/mcp", () => defaultPortalSlug],
    ["/p/:portal/mcp", (portal: string | undefined) => portal ?? ""],
  ] as const) {
    app.post(path, (c) => endpoint.post(c, slugOf(c.req.param("portal"))));
    app.get(path, (c) => endpoint.get(c, slugOf(c.req.param("portal"))));
    app.delete(path, (c) => endpoint.delete(c, slugOf(c.req.param("portal"))));
  }
}
