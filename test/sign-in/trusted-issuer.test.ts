/** A portal that takes the tokens of the company's own authorization server, in the whole house. */
import { createToken } from "@castellan/access";
import { startCompanyIdp } from "@castellan/access/testing";
import { expect, test } from "vitest";
import { startTestHouse } from "../harness/house.ts";
import { startExample } from "../harness/upstreams.ts";
import { parsed, sayModern } from "../portal/client.ts";

test("a portal names the issuers that it trusts, and takes a token of theirs from somebody whom a rule lets in", async () => {
  await using okrs = await startExample("okrs");
  await using company = await startCompanyIdp();
  await using house = await startTestHouse();
  company.users["ada"] = { email: "ada@corp.example", email_verified: true, name: "Ada", groups: ["staff"] };
  const { url } = await house.addPortal("okrs", { okrs: okrs.url });

  const owner = { name: "owner", role: "owner", portals: [], createdBy: "test" } as const;
  const { secret } = await createToken(house.database, owner, Date.now());
  const added = await fetch(`${house.url}/api/v1/trusted-issuers`, {
    method: "POST",
    headers: { authorization: `Bearer ${secret}`, "content-type": "application/json" },
    body: JSON.stringify({
      slug: "corp",
      issuer: company.issuer,
      audience: url,
      claims: { groups: "groups" },
      createsUsers: true,
      allowPrivate: [new URL(company.issuer).host],
    }),
  });
  expect(added.status).toBe(201);
  await house.api("POST", "/groups", { name: "staff" });
  await house.api("PATCH", "/portals/okrs", {
    trustedIssuers: ["corp"],
    access: [{ who: "group:staff", classes: ["read"] }],
  });

  const metadata = await fetch(`${house.url}/.well-known/oauth-protected-resource/p/okrs/mcp`);
  expect(await metadata.json()).toMatchObject({
    authorization_servers: [`${house.url}/oauth`, company.issuer],
  });
  const token = await company.accessToken("ada", url);
  const heard = await sayModern({ url, token }, "tools/list", {});
  const [list = "{}"] = await heard.all;
  const { tools } = parsed(list)["result"] as { tools: { name: string }[] };
  expect(tools.map(({ name }) => name).toSorted()).toEqual([
    "okrs_get_objective",
    "okrs_list_objectives",
    "portal_list_servers",
    "portal_toggle_servers",
    "portal_toggle_single_server",
  ]);
});
