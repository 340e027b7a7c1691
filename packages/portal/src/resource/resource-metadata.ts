/** RFC 9728: what is told about the portals and the API to clients that want to come in. It holds no secret. */
import { callFaults } from "@castellan/calls";
import { ownHost, requestHeader } from "@castellan/web";
import { Hono, type Context } from "hono";
import { readingScopes, type Addresses } from "./addresses.ts";

export interface ResourceMetadataOptions {
  readonly addresses: Addresses;
  /** The issuer of the authorization server: `https://mcp.example.com/oauth`. */
  readonly issuer: string;
  /** What the issuers of these slugs call themselves, as far as they are trusted now. */
  readonly issuersOf?: (slugs: readonly string[]) => readonly string[];
}

interface Metadata {
  readonly resource: string;
  readonly authorization_servers: readonly string[];
  /** Reading only: whoever needs more is told so when they do (`insufficient_scope`). */
  readonly scopes_supported: readonly string[];
  readonly bearer_methods_supported: readonly ["header"];
  readonly resource_name: string;
}

/** To be mounted at `/`. What it answers may be read by pages of any origin. */
export function createResourceMetadata(options: ResourceMetadataOptions): Hono {
  const { addresses, issuer, issuersOf = () => [] } = options;

  function ofPortal(c: Context, named: string | undefined): Response {
    const place = { named, ownHost: ownHost(c), host: requestHeader(c, "host") };
    const open = addresses.portalAt(place);
    if (!open) throw callFaults.fault("portal_unknown", "There is no portal at this address");
    const { title, trustedIssuers } = open.portal;
    return tell(c, {
      resource: addresses.resourceAt(place),
      authorization_servers: [issuer, ...issuersOf(trustedIssuers)],
      scopes_supported: readingScopes(open),
      bearer_methods_supported: ["header"],
      resource_name: title,
    });
  }

  const app = new Hono();
  const at = "/.well-known/oauth-protected-resource";
  app.get(`${at}/p/:portal/mcp`, (c) => ofPortal(c, c.req.param("portal")));
  app.get(`${at}/mcp`, (c) => ofPortal(c, undefined));
  // Clients that find nothing below the path of a resource look here (MCP 2026-07-28, authorization).
  app.get(at, (c) => ofPortal(c, undefined));
  app.get(`${at}/api/v1`, (c) =>
    tell(c, {
      resource: addresses.api.resource,
      authorization_servers: [issuer],
      scopes_supported: [addresses.api.scope],
      bearer_methods_supported: ["header"],
      resource_name: "Castellan",
    }),
  );
  return app;
}

function tell(c: Context, metadata: Metadata): Response {
  return c.json(metadata, 200, { "cache-control": "public, max-age=60" });
}
