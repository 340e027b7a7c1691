import { sql } from "@castellan/database";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { createTestApi, type TestApi } from "../testing.ts";
import { createClient, type Client } from "../testing/client.ts";

let house: TestApi;
let admin: Client;

beforeAll(async () => {
  house = await createTestApi();
});
beforeEach(async () => {
  await house.database.query(sql`truncate tokens, users, groups, portals cascade`);
  await house.database.query(sql`delete from servers`);
  admin = createClient(house.app, await house.createToken({}));
});
afterAll(() => house[Symbol.asyncDispose]());

const newPerson = (name: string, groups: string[] = []) =>
  house.people.add({ directory: "workforce", email: `${name}@example.com`, name, groups }, { by: "owner" });

test("a person sees who they are, and what rules let them do at each portal, whatever the client was given", async () => {
  await admin("POST", "/groups", { name: "Finance" });
  for (const slug of ["okrs", "mail"])
    await admin("POST", "/servers", { slug, url: `https://${slug}.example.com/mcp` });
  await admin("POST", "/portals", {
    slug: "team",
    title: "The team",
    servers: ["okrs", "mail"],
    access: [
      { who: "everyone", classes: ["read"], servers: ["okrs"] },
      { who: "group:Finance", classes: ["write"] },
    ],
  });
  await admin("POST", "/portals", { slug: "closed", servers: ["okrs"] });
  const ada = await newPerson("ada", ["Finance"]);
  const me = createClient(house.app, (await house.letClientIn(ada.id)).secret);
  expect(await me("GET", "/me")).toMatchObject({ status: 200 });
  expect((await me("GET", "/me")).body).toEqual({
    kind: "user",
    id: ada.id,
    name: "ada",
    role: "member",
    permissions: ["use"],
    email: "ada@example.com",
    directory: "workforce",
    groups: ["Finance"],
    scopes: ["api"],
    portals: [
      {
        slug: "team",
        title: "The team",
        servers: [
          { slug: "okrs", classes: ["read", "write"] },
          { slug: "mail", classes: ["write"] },
        ],
      },
    ],
  });
  const bob = await newPerson("bob");
  const other = createClient(house.app, (await house.letClientIn(bob.id)).secret);
  expect((await other("GET", "/me")).body).toMatchObject({
    portals: [{ slug: "team", servers: [{ slug: "okrs", classes: ["read"] }] }],
  });
});

test("one's own sessions and grants are listed and ended; somebody else's are not there", async () => {
  const [ada, bob] = [await newPerson("ada"), await newPerson("bob")];
  const [first, second, foreign] = [
    await house.letClientIn(ada.id),
    await house.letClientIn(ada.id, { portal: "team", scopes: ["portal:team"] }),
    await house.letClientIn(bob.id),
  ];
  const me = createClient(house.app, first.secret);
  const ids = (answer: { body: unknown }) =>
    (answer.body as { items: { id: string }[] }).items.map(({ id }) => id);
  expect(ids(await me("GET", "/me/sessions")).toSorted()).toEqual(
    [first.sessionId, second.sessionId].toSorted(),
  );
  expect(ids(await me("GET", "/me/grants"))).toEqual([second.grantId, first.grantId]);
  expect(ids(await me("GET", "/me/grants?portal=team"))).toEqual([second.grantId]);

  expect(await me("DELETE", `/me/grants/${foreign.grantId}`)).toMatchObject({
    body: { code: "grant_not_found" },
  });
  expect(await me("DELETE", `/me/sessions/${foreign.sessionId}`)).toMatchObject({
    body: { code: "sign_in_not_found" },
  });
  expect(await createClient(house.app, foreign.secret)("GET", "/me")).toMatchObject({ status: 200 });

  expect(await me("DELETE", `/me/sessions/${second.sessionId}`)).toMatchObject({ status: 204 });
  expect(ids(await me("GET", "/me/grants"))).toEqual([first.grantId]);
  expect(ids(await me("GET", "/me/grants?ended=true"))).toEqual([second.grantId, first.grantId]);
  expect(await me("DELETE", `/me/grants/${first.grantId}`)).toMatchObject({ status: 204 });
  expect(await me("GET", "/me")).toMatchObject({ status: 401, body: { code: "token_invalid" } });
});

test("a program has neither sessions nor grants", async () => {
  const { grantId, sessionId } = await house.letClientIn((await newPerson("ada")).id);
  expect((await admin("GET", "/me")).body).toMatchObject({
    kind: "service",
    role: "admin",
    scopes: [],
    portals: [],
  });
  expect((await admin("GET", "/me/sessions")).body).toEqual({ items: [] });
  expect((await admin("GET", "/me/grants")).body).toEqual({ items: [] });
  expect(await admin("DELETE", `/me/grants/${grantId}`)).toMatchObject({ status: 404 });
  expect(await admin("DELETE", `/me/sessions/${sessionId}`)).toMatchObject({ status: 404 });
});

test("an admin sees and ends what others allowed, in pages", async () => {
  const [ada, bob] = [await newPerson("ada"), await newPerson("bob")];
  const given = [
    await house.letClientIn(ada.id),
    await house.letClientIn(bob.id),
    await house.letClientIn(ada.id, { portal: "team", scopes: ["portal:team"] }),
  ];
  const page = async (query: string) =>
    (await admin("GET", `/grants?${query}`)).body as { items: { id: string }[]; nextCursor?: string };
  const first = await page("limit=2");
  expect(first.items.map(({ id }) => id)).toEqual([given[2]?.grantId, given[1]?.grantId]);
  const second = await page(`limit=2&cursor=${first.nextCursor}`);
  expect(second).toMatchObject({ items: [{ id: given[0]?.grantId }] });
  expect(second.nextCursor).toBeUndefined();
  expect((await page(`user=${bob.id}`)).items).toMatchObject([
    {
      id: given[1]?.grantId,
      userId: bob.id,
      clientId: "https://client.example/id.json",
      clientName: "A client",
      scopes: ["api"],
      signInId: given[1]?.sessionId,
    },
  ]);
  expect((await page("portal=team&client=https://client.example/id.json")).items).toHaveLength(1);
  expect(await admin("DELETE", `/grants/${given[1]?.grantId}`)).toMatchObject({ status: 204 });
  expect(await createClient(house.app, given[1]?.secret)("GET", "/me")).toMatchObject({ status: 401 });
  expect((await admin("GET", `/users/${ada.id}/sessions`)).body).toMatchObject({
    items: [
      { userId: ada.id, provider: "local", amr: ["pwd", "otp"], address: "192.0.2.1" },
      { userId: ada.id },
    ],
  });
  expect(await admin("DELETE", `/sessions/${given[0]?.sessionId}`)).toMatchObject({ status: 204 });
  expect(await createClient(house.app, given[0]?.secret)("GET", "/me")).toMatchObject({ status: 401 });
});
