import {
  directories,
  permissions,
  reachOf,
  roles,
  isPermitted,
  toolClasses,
  type Principal,
} from "@castellan/access";
import type { OpenPortal } from "@castellan/portal";
import { z } from "zod";
import { defineRoute } from "../route.ts";

const classes = z.array(z.enum(toolClasses));

const shownMe = z
  .object({
    kind: z.enum(["user", "service"]).describe("A person, or a program"),
    id: z.string(),
    name: z.string(),
    role: z.enum(roles),
    permissions: z.array(z.enum(permissions)).describe("What the role allows at this API"),
    email: z.string().optional(),
    directory: z.enum(directories).optional(),
    groups: z.array(z.string()).optional(),
    scopes: z.array(z.string()).optional().describe("What the token that was sent was given"),
    portals: z
      .array(
        z.object({
          slug: z.string(),
          title: z.string(),
          servers: z.array(
            z.object({
              slug: z.string(),
              classes: classes.describe("What you may do there, and could allow a client to do"),
            }),
          ),
        }),
      )
      .describe("The portals at which you may do something, by slug"),
  })
  .meta({ id: "Me" });

export const getMe = defineRoute({
  id: "getMe",
  method: "GET",
  path: "/me",
  summary: "Say who is calling, and what they may do here and at each portal",
  permission: "use",
  answer: shownMe,
  handler: ({ principal }, { openPortals }) =>
    Promise.resolve({
      kind: principal.kind === "user" ? ("user" as const) : ("service" as const),
      id: principal.id,
      name: principal.name,
      role: principal.role,
      permissions: permissions.filter((permission) => isPermitted(principal.role, permission)),
      ...(principal.kind === "user" && {
        email: principal.email,
        directory: principal.directory,
        groups: [...principal.groups],
      }),
      scopes: principal.scopes && [...principal.scopes],
      portals: [...openPortals()]
        .flatMap((open) => toReached(principal, open))
        .toSorted((a, b) => (a.slug < b.slug ? -1 : 1)),
    }),
});

function toReached(principal: Principal, { portal }: OpenPortal) {
  const { rights } = reachOf(principal, portal);
  const servers = portal.servers
    .map((slug) => ({ slug, classes: rights.classesAt(slug) }))
    .filter((server) => server.classes.length > 0);
  return servers.length === 0 ? [] : [{ slug: portal.slug, title: portal.title, servers }];
}
