import { createOffering } from "@castellan/calls";
import type { Slug } from "@castellan/kernel";
import { createWebApp } from "@castellan/web";
import { expect, test } from "vitest";
import { examplePortal, exampleServer } from "../portal-tools/testing.ts";
import type { WholeOpenPortal } from "../portals/open-portal.ts";
import type { Portal } from "../portals/portal.ts";
import { apiResource, createAddresses } from "./addresses.ts";
import { createResourceMetadata } from "./resource-metadata.ts";

function open(
  slug: string,
  servers: readonly string[],
  more: Partial<Pick<Portal, "hostname" | "isListed" | "access">> = { isListed: true },
): WholeOpenPortal {
  const portal = examplePortal(
    servers.map((server) => exampleServer(server)),
    { slug: slug as Slug, title: `The ${slug}`, trustedIssuers: ["entra"], ...more },
  );
  const offering = createOffering({ servers: [], naming: portal.naming });
  return {
    portal,
    offering,
    servers: [],
    isNarrowed: false,
    part: "",
    scope: (era) => offering.scope(era),
  };
}

const many = Array.from({ length: 17 }, (_, n) => `s${n}`);
const portals = [
  open("default", ["okrs", "wiki"]),
  open("work", ["okrs"], { hostname: "work.example.com", isListed: true }),
  open("large", many),
  open("odd", ["portal"]),
  open("hidden", ["okrs"], { isListed: false }),
  open("public", ["docs"], { access: [{ who: "public", classes: ["read"] }] }),
];
const directory = {
  find: (slug: string) => portals.find(({ portal }) => portal.slug === slug),
  findByHost: (host: string) => portals.find(({ portal }) => portal.hostname === host),
};
const publicUrl = "https://mcp.example.com";
const addresses = createAddresses({ publicUrl, directory });
const issuer = `${publicUrl}/oauth`;

const app = createWebApp({
  publicUrl,
  isOwnHost: (host) => directory.findByHost(host) !== undefined,
  openPaths: [{ path: "/.well-known/oauth-protected-resource", methods: ["GET"] }],
  onError: (error) => {
    throw error;
  },
});
app.route(
  "/",
  createResourceMetadata({ addresses, issuer, issuersOf: (slugs) => slugs.map((one) => `https://${one}`) }),
);

const at = "/.well-known/oauth-protected-resource";

test.each([
  [`${at}/p/work/mcp`, "mcp.example.com", "https://mcp.example.com/p/work/mcp", "work"],
  [`${at}/mcp`, "mcp.example.com", "https://mcp.example.com/mcp", "default"],
  [at, "mcp.example.com", "https://mcp.example.com/mcp", "default"],
  [`${at}/mcp`, "work.example.com", "https://work.example.com/mcp", "work"],
  [at, "work.example.com", "https://work.example.com/mcp", "work"],
  [`${at}/p/work/mcp`, "work.example.com", "https://work.example.com/p/work/mcp", "work"],
])("%s at %s tells of %s", async (path, host, resource, slug) => {
  const answer = await app.request(`https://${host}${path}`, {
    headers: { origin: "https://inspector.example" },
  });
  const servers = slug === "default" ? ["okrs", "wiki"] : ["okrs"];
  expect([answer.status, answer.headers.get("access-control-allow-origin")]).toEqual([200, "*"]);
  expect(await answer.json()).toEqual({
    resource,
    authorization_servers: ["https://mcp.example.com/oauth", "https://entra"],
    scopes_supported: [`portal:${slug}`, ...servers.map((server) => `${server}:read`)],
    bearer_methods_supported: ["header"],
    resource_name: `The ${slug}`,
  });
  // Whichever address it is, to the authorization server it is that portal.
  expect(addresses.find(new URL(resource))).toBe(slug);
});

test("the API is a resource as well", async () => {
  const answer = await app.request(`${publicUrl}${at}/api/v1`);
  expect(await answer.json()).toMatchObject({
    resource: "https://mcp.example.com/api/v1",
    scopes_supported: ["api"],
  });
  expect(addresses.find(new URL("https://mcp.example.com/api/v1/"))).toBe(apiResource);
});

test.each([
  [`${at}/p/none/mcp`, "mcp.example.com", 404],
  [`${at}/p/default/mcp`, "work.example.com", 404],
  [`${at}/p/work/mcp`, "evil.example", 421],
])("%s at %s: %i", async (path, host, status) => {
  expect((await app.request(`https://${host}${path}`)).status).toBe(status);
});

test.each([
  ["https://mcp.example.com/p/work/mcp?servers=okrs#x", "work"],
  ["https://mcp.example.com/p/work/mcp/", "work"],
  ["https://MCP.example.com:443/mcp", "default"],
  ["https://work.example.com/mcp", "work"],
  ["https://work.example.com/p/default/mcp", undefined],
  ["http://work.example.com/mcp", undefined],
  ["http://mcp.example.com/mcp", undefined],
  ["https://mcp.example.com:8443/mcp", undefined],
  ["https://mcp.example.com.evil.example/mcp", undefined],
  ["https://mcp.example.com/p/work%2Fmcp", undefined],
  ["https://mcp.example.com/p/work/mcp/x", undefined],
  ["https://mcp.example.com/p/none/mcp", undefined],
  ["https://mcp.example.com/", undefined],
  ["https://work.example.com/api/v1", undefined],
  ["http://localhost/mcp", undefined],
  ["urn:mcp", undefined],
])("%s is %s", (address, slug) => {
  expect(addresses.find(new URL(address))).toBe(slug);
});

test("on one's own computer localhost is the same, at the same port", () => {
  const local = createAddresses({ publicUrl: "http://127.0.0.1:3000", directory });
  expect(local.find(new URL("http://localhost:3000/p/work/mcp"))).toBe("work");
  expect(local.find(new URL("http://localhost:3001/p/work/mcp"))).toBeUndefined();
  const place = (host: string) => ({ named: "work", ownHost: undefined, host });
  expect(local.resourceAt(place("localhost:3000"))).toBe("http://localhost:3000/p/work/mcp");
  expect(local.resourceAt(place("localhost:9"))).toBe("http://127.0.0.1:3000/p/work/mcp");
  expect(addresses.resourceAt(place("evil.example"))).toBe("https://mcp.example.com/p/work/mcp");
});

test("a challenge has room in a header, and holds nothing that a stranger wrote or may not know", () => {
  const scopeAt = (named: string) => addresses.challengeAt({ named, ownHost: undefined })?.scope;
  expect(scopeAt("large")).toBe("portal:large portal:large:read");
  expect(scopeAt("odd")).toBe("portal:odd portal:odd:read");
  expect(scopeAt("none")).toBe("portal:none");
  expect(scopeAt("hidden")).toBe("portal:hidden portal:hidden:read");
  expect(scopeAt("public")).toBe("portal:public docs:read");
  for (const named of ['a"b', "a\r\nb", "ä", "__proto__", ""]) expect(scopeAt(named)).toBeUndefined();
});
