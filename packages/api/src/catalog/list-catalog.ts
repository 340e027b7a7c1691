import type { Principal } from "@castellan/access";
import type { CatalogServer } from "@castellan/calls";
import type { OpenPortal } from "@castellan/portal";
import { connectUrl, countOffers, visiblePortals } from "@castellan/registry";
import { z } from "zod";
import { slug } from "../fields.ts";
import { pageOf, pageQuery, slicePage, toPage } from "../paging.ts";
import { defineRoute } from "../route.ts";

/** How many of each kind the caller can use there. */
const counts = z.object({
  tools: z.number(),
  prompts: z.number(),
  resources: z.number(),
  resourceTemplates: z.number(),
});

const catalogServer = z
  .object({
    slug: z.string(),
    title: z.string(),
    description: z.string(),
    status: z
      .enum(["waiting", "ready", "stale", "error"])
      .describe(
        "`ready`: read at the last attempt. `stale`: what an earlier one found. `error`, `waiting`: never read yet",
      ),
    portals: z
      .array(z.object({ slug: z.string(), title: z.string(), url: z.string(), counts }))
      .describe("Where the caller reaches it, by slug; the URL leads to this server alone"),
  })
  .meta({ id: "CatalogServer" });

/** A server, and the portals in which the caller sees it. */
interface Seen {
  readonly server: CatalogServer;
  readonly portals: OpenPortal[];
}

/** What a person may use, or a token was given, an admin's too. A portal that is not there is as one that the caller was not given. */
export const listCatalog = defineRoute({
  id: "listCatalog",
  method: "GET",
  path: "/catalog",
  summary: "List the servers that the caller may use, and where",
  permission: "use",
  query: z.strictObject({
    ...pageQuery,
    q: z
      .string()
      .max(200)
      .optional()
      .describe("A part of the slug, the title or the description, in any case"),
    portal: slug.optional(),
  }),
  answer: pageOf(catalogServer),
  handler: async ({ principal, connection, query }, { openPortals, policy, clock, publicUrl }) => {
    const themselves = asThemselves(principal);
    const portals = await visiblePortals(openPortals(), {
      principal: themselves,
      judgeAt: (portal) => policy.judge(themselves, connection, portal),
      nowMs: clock.now(),
    });
    const chosen = portals.filter(({ portal }) => query.portal === undefined || portal.slug === query.portal);
    const found = seenIn(chosen).filter(({ server }) => query.q === undefined || mentions(server, query.q));
    return toPage(
      slicePage(found, ({ server }) => server.server.slug, query),
      ({ server, portals: places }) => ({
        slug: server.server.slug,
        title: server.server.title,
        description: server.server.description,
        status: server.state.status,
        portals: places.map((open) => ({
          slug: open.portal.slug,
          title: open.portal.title,
          url: connectUrl(publicUrl, open.portal.slug, server.server.slug),
          counts: countOffers(open, server),
        })),
      }),
    );
  },
});

/** What a person gave the client is about this API alone: what they may use themselves, rules say. */
function asThemselves(principal: Principal): Principal {
  return principal.kind === "user" ? { ...principal, scopes: undefined } : principal;
}

function seenIn(portals: readonly OpenPortal[]): readonly Seen[] {
  const seen = new Map<string, Seen>();
  for (const open of portals)
    for (const server of open.servers) {
      const known = seen.get(server.server.id);
      if (known) known.portals.push(open);
      else seen.set(server.server.id, { server, portals: [open] });
    }
  return [...seen.values()];
}

function mentions({ server: { slug: own, title, description } }: CatalogServer, q: string): boolean {
  return [own, title, description].some((text) => text.toLowerCase().includes(q.toLowerCase()));
}
