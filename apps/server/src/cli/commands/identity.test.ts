/** `castellan provider` and `issuer`, at a real OpenID provider. */
import { startCompanyIdp, type CompanyIdp } from "@castellan/api/testing";
import { afterAll, beforeAll, expect, test } from "vitest";
import { columns, serveTestApi, type RunOptions, type ServedApi } from "../testing/command.ts";

let served: ServedApi;
let idp: CompanyIdp;
/** Who says who people are, only owners decide. */
let env: Record<string, string>;

beforeAll(async () => {
  served = await serveTestApi();
  env = { CASTELLAN_TOKEN: await served.api.createToken({ name: "owner", role: "owner" }) };
  idp = await startCompanyIdp();
});
afterAll(async () => {
  await idp[Symbol.asyncDispose]();
  await served[Symbol.asyncDispose]();
});

const castellan = (args: readonly string[], options: RunOptions = {}) =>
  served.castellan(args, { ...options, env });
const json = (args: readonly string[]) => served.json(args, { env });

const near = ["--allow-private", "127.0.0.1", "--allow-private", "localhost"];

test("a provider: added with a secret, changed claim by claim, shown, removed", async () => {
  const add = ["provider", "add", "company", idp.issuer, "--client-id", "castellan", ...near];
  const said = ["--claim", "groups=roles", "--group-map", "eng=engineers", "--domain", "a.example,b.example"];
  const added = await castellan([...add, ...said, "--create-users", "--client-secret-file", "-"], {
    input: "s3cret\n",
  });
  expect(added).toEqual({
    code: 0,
    stdout: expect.stringContaining("Client           castellan, with a secret\n") as string,
    stderr: "Register this redirect URI with it: http://localhost/sign-in/callback/company\n",
  });
  const shown = await castellan(["provider", "show", "company"]);
  expect(columns(shown.stdout)).toEqual(
    expect.arrayContaining([
      ["Provider", "company (company)"],
      ["Claims", "subject=sub, email=email, name=name, groups=roles"],
      ["Group map", "eng=engineers"],
      ["Domains", "a.example, b.example"],
      ["New people", "are made here"],
    ]),
  );
  const edit = ["provider", "edit", "company"];
  expect(
    await json([...edit, "--claim", "groups=", "--claim", "email=mail", "--no-group-map", "--no-domain"]),
  ).toEqual({
    ...((await json(["provider", "show", "company"])) as object),
    claims: { subject: "sub", email: "mail", name: "name" },
    allowedDomains: [],
    createsUsers: true,
    hasClientSecret: true,
  });
  expect(await json([...edit, "--no-client-secret", "--no-enabled", "--title", "The company"])).toMatchObject(
    {
      hasClientSecret: false,
      isEnabled: false,
      title: "The company",
    },
  );
  const listed = await castellan(["providers", "list"]);
  expect(columns(listed.stdout)[1]).toEqual([
    "company",
    "The company",
    "workforce",
    "no",
    "made",
    idp.issuer,
  ]);
  expect((await castellan(["provider", "edit", "company", "--claim", "mail=x"])).stderr).toContain(
    '--claim names subject, email, name, groups, not "mail" (usage_invalid)',
  );
  expect((await castellan(["provider", "remove", "company"])).code).toBe(2);
  expect(await json(["provider", "remove", "company", "--yes"])).toEqual({ removed: "company" });
});

test("a trusted issuer: added, taken by a portal, changed, removed", async () => {
  const added = await castellan([
    "issuer",
    "add",
    "partner",
    idp.issuer,
    "--audience",
    "castellan",
    ...near,
    "--algorithm",
    "ES256,RS256",
    "--scopes-claim",
    "scp",
  ]);
  expect([added.code, added.stderr]).toEqual([
    0,
    "No portal takes its tokens yet: castellan portal edit PORTAL --trust partner\n",
  ]);
  expect(columns(added.stdout)).toEqual(
    expect.arrayContaining([
      ["Trusted issuer", "partner (partner)"],
      ["Audience", "castellan"],
      ["Algorithms", "ES256, RS256"],
      ["Scopes", "in scp"],
    ]),
  );
  await json(["portal", "add", "team"]);
  expect(await json(["portal", "edit", "team", "--trust", "partner"])).toMatchObject({
    trustedIssuers: ["partner"],
  });
  expect(
    await json(["issuer", "edit", "partner", "--no-scopes-claim", "--audience", "other"]),
  ).not.toHaveProperty("scopesClaim");
  const listed = await castellan(["issuers", "list"]);
  expect(columns(listed.stdout)[1]).toEqual(["partner", "partner", "workforce", "yes", idp.issuer, "other"]);
  expect(await json(["portal", "edit", "team", "--no-trust"])).toMatchObject({ trustedIssuers: [] });
  expect(await json(["issuer", "remove", "partner", "--yes"])).toEqual({ removed: "partner" });
});
