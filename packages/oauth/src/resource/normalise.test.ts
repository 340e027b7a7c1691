import fc from "fast-check";
import { expect, test } from "vitest";
import type { PortalForConsent } from "../ports.ts";
import { askedScopes, targetNamed } from "./asked-scopes.ts";
import { normaliseAuthorization, normaliseTokenRequest } from "./normalise.ts";
import { createTargets, unsettled } from "./targets.ts";

const publicUrl = "https://mcp.example.com";
const portal = (slug: string): PortalForConsent => ({
  slug,
  title: slug,
  directory: "workforce",
  access: [],
  isReadOnly: false,
  publicUrl: `${publicUrl}/p/${slug}/mcp`,
  servers: [{ slug: "goals", title: "Goals", counts: { read: 1, write: 1, destructive: 1 } }],
});
const portals = new Map(["okrs", "wiki"].map((slug) => [slug, portal(slug)]));
const targets = createTargets(publicUrl, {
  find: (slug) => portals.get(slug),
  findByResource: ({ href }) => {
    if (href === `${publicUrl}/api/v1`) return "api";
    if (href === "https://okrs.example.com/mcp") return portals.get("okrs");
    return [...portals.values()].find(({ slug }) => href === `${publicUrl}/p/${slug}/mcp`);
  },
});
const okrs = `${publicUrl}/p/okrs/mcp`;
const wiki = `${publicUrl}/p/wiki/mcp`;

const authorization = (query: string) => {
  const params = normaliseAuthorization(new URLSearchParams(query), targets);
  return [params.getAll("resource"), params.get("scope")];
};

test.each<[query: string, resources: string[], scope: string | null]>([
  [`resource=${okrs}`, [okrs], "portal:okrs portal:okrs:read"],
  [`resource=${okrs}/`, [okrs], "portal:okrs portal:okrs:read"],
  [`resource=${okrs}%3Fservers=goals`, [okrs], "portal:okrs portal:okrs:read"],
  [`resource=https://okrs.example.com/mcp`, [okrs], "portal:okrs portal:okrs:read"],
  [`resource=${okrs}&resource=${okrs}/`, [okrs], "portal:okrs portal:okrs:read"],
  [`resource=${okrs}&resource=${wiki}`, [okrs, wiki], ""],
  [`resource=${okrs}%23x`, [`${okrs}#x`], ""],
  [`resource=https://a:b@okrs.example.com/mcp`, ["https://a:b@okrs.example.com/mcp"], ""],
  ["resource=nonsense", ["nonsense"], ""],
  [`resource=${publicUrl}/api/v1`, [`${publicUrl}/api/v1`], "api"],
  [
    `resource=${okrs}&scope=api+portal:wiki+goals:write+goals:erase+other:read+x`,
    [okrs],
    "portal:okrs goals:write",
  ],
  ["scope=portal:wiki+goals:read", [wiki], "portal:wiki goals:read"],
  ["scope=portal:wiki:write", [wiki], "portal:wiki portal:wiki:write"],
  ["scope=api", [`${publicUrl}/api/v1`], "api"],
  ["scope=portal:wiki+portal:okrs", [unsettled], "portal:wiki portal:okrs"],
  ["scope=portal:gone", [unsettled], "portal:gone"],
  ["scope=goals:write+email", [unsettled], "goals:write"],
  ["resource=&scope=", [unsettled], ""],
  ["", [unsettled], ""],
])("%s", (query, resources, scope) => {
  expect(authorization(query)).toEqual([resources, scope]);
});

test("what is in order stays as it is", () => {
  fc.assert(
    fc.property(
      fc.array(
        fc.tuple(
          fc.constantFrom(
            "resource",
            "scope",
            "prompt",
            "response_mode",
            "response_type",
            "nonce",
            "state",
            "x",
          ),
          fc.oneof(
            fc.constantFrom(
              okrs,
              `${wiki}/`,
              unsettled,
              "portal:okrs goals:read",
              "login x",
              "query",
              "token",
              "",
            ),
            fc.string(),
          ),
        ),
        { maxLength: 8 },
      ),
      (pairs) => {
        const once = normaliseAuthorization(new URLSearchParams(pairs), targets);
        expect(sorted(normaliseAuthorization(once, targets))).toEqual(sorted(once));
        // Others' parameters arrive as they were sent, double ones too.
        for (const name of ["state", "x"])
          expect(once.getAll(name)).toEqual(new URLSearchParams(pairs).getAll(name));
      },
    ),
  );
});

test("no scope that is asked for at a portal is about another one", () => {
  const scope = fc.constantFrom(
    "api",
    "portal:okrs",
    "portal:wiki:read",
    "portal:okrs:write",
    "goals:read",
    "x:read",
  );
  fc.assert(
    fc.property(fc.array(fc.oneof(scope, fc.string())), (words) => {
      const asked = askedScopes({ kind: "portal", portal: portal("okrs") }, words);
      expect(asked[0]).toBe("portal:okrs");
      expect(asked.filter((one) => !/^(portal:okrs|goals:)/.test(one))).toEqual([]);
      expect(targetNamed(asked)).toEqual({ kind: "portal", slug: "okrs" });
    }),
  );
});

test.each<[query: string, granted: string[] | undefined, expected: Record<string, string>]>([
  ["grant_type=refresh_token&refresh_token=r&scope=a+b", ["b", "c"], { scope: "b" }],
  ["grant_type=refresh_token&refresh_token=r&scope=a", ["b"], {}],
  ["grant_type=refresh_token&refresh_token=r&scope=a", undefined, {}],
  [`grant_type=refresh_token&refresh_token=r&resource=${okrs}/`, ["b"], { resource: okrs }],
  ["grant_type=client_credentials&scope=portal:wiki", undefined, { resource: wiki, scope: "portal:wiki" }],
  ["grant_type=client_credentials", undefined, {}],
  [`grant_type=authorization_code&resource=https://okrs.example.com/mcp`, undefined, { resource: okrs }],
])("token request %s", async (query, granted, expected) => {
  const params = await normaliseTokenRequest(new URLSearchParams(query), targets, async () => granted);
  const told = Object.fromEntries([...params].filter(([name]) => name === "resource" || name === "scope"));
  expect(told).toEqual(expected);
});

/** By name; of one name in their order. */
function sorted(params: URLSearchParams): string[][] {
  return [...params].toSorted(([a], [b]) => (a < b ? -1 : Number(a > b)));
}
