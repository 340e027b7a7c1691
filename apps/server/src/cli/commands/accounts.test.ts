import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { startTestUpstream, type TestUpstream } from "@castellan/api/testing";
import { sql } from "@castellan/database";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { makeFolder, serveTestApi, type ServedApi } from "../testing/command.ts";

let served: ServedApi;
let upstream: TestUpstream;

beforeAll(async () => {
  served = await serveTestApi();
  upstream = await startTestUpstream();
});
beforeEach(async () => {
  await served.api.database.query(sql`delete from servers`);
  await served.api.database.query(sql`truncate users, portals, linked_accounts, link_requests cascade`);
});
afterAll(async () => {
  await upstream[Symbol.asyncDispose]();
  await served[Symbol.asyncDispose]();
});

const add = (...options: string[]) =>
  served.castellan([
    "server",
    "add",
    "crm",
    upstream.url,
    "--allow-private",
    "127.0.0.1",
    ...options,
    "--json",
  ]);
const edit = (...options: string[]) => served.castellan(["server", "edit", "crm", ...options, "--json"]);
const authIn = (stdout: string) => {
  const { auth, authSecretNames } = JSON.parse(stdout) as { auth: unknown; authSecretNames: unknown };
  return [auth, authSecretNames];
};

test("an auth is said when a server is added; later, what is not said of the same kind stays", async () => {
  await using folder = await makeFolder();
  const secret = join(folder.path, "secret");
  await writeFile(secret, "s3cret-of-us\n");
  const added = await add(
    ...`--auth own_account --issuer https://login.crm.example --client-id us --client-secret-file ${secret}`.split(
      " ",
    ),
    ...`--scopes read,write --programs shared --no-resource`.split(" "),
  );
  const auth = {
    kind: "own_account",
    issuer: "https://login.crm.example",
    client: { id: "us" },
    scopes: ["read", "write"],
    programs: "shared",
    resource: "omit",
  };
  expect([added.code, ...authIn(added.stdout)]).toEqual([0, auth, ["clientSecret"]]);
  expect(added.stdout + added.stderr).not.toMatch(/s3cret/);

  expect(authIn((await edit("--scopes", "read", "--resource")).stdout)).toEqual([
    { ...auth, scopes: ["read"], resource: "send" },
    ["clientSecret"],
  ]);
  const keyed = await edit("--auth", "own_key", "--key-header", "X-Api-Key", "--key-hint", "Ask Bob");
  expect(authIn(keyed.stdout)).toEqual([{ kind: "own_key", header: "x-api-key", hint: "Ask Bob" }, []]);
});

test("what cannot be said is refused before anything is changed", async () => {
  await add();
  const secret = await served.castellan(["server", "edit", "crm", "--secret-env", "SET"], {
    env: { SET: "s3cret" },
  });
  const method = await edit("--client-auth", "none");
  expect([secret, method].map(({ code, stderr }) => [code, stderr.split("\n")[0]])).toEqual([
    [2, "castellan: --secret-env and --secret-file go with bearer, basic and own_key (usage_invalid)"],
    [2, "castellan: --client-auth goes with --client-id (usage_invalid)"],
  ]);
  expect(await served.castellan(["server", "edit", "crm"])).toMatchObject({ code: 2 });
  expect(await served.castellan(["server", "edit", "crm", "--auth", "magic"])).toMatchObject({ code: 2 });
});

test("who has signed in at a server is listed, and forgotten", async () => {
  await add("--auth", "own_account");
  expect(await served.castellan(["server", "accounts", "crm"])).toMatchObject({
    code: 0,
    stderr: "Nobody has signed in there\n",
  });
  const { id } = await served.api.linkAccount("crm", { kind: "shared" });
  const { stdout } = await served.castellan(["server", "accounts", "crm"]);
  expect(stdout.split("\n")[1]).toMatch(
    new RegExp(`^all \\(Ada\\) +linked +mail:read +just now +(-|never) +- +${id}$`),
  );
  expect(await served.castellan(["server", "unlink", "crm", id, "--yes"])).toMatchObject({
    code: 0,
    stdout: `Account ${id} is forgotten\n`,
  });
  expect(JSON.parse((await served.castellan(["server", "accounts", "crm", "--json"])).stdout)).toEqual({
    items: [],
  });
});

test("a program signs in nowhere, and has no accounts", async () => {
  await add("--auth", "own_account");
  const login = await served.castellan(["server", "login", "crm"]);
  expect([login.code, login.stderr.split("\n")[0]]).toEqual([
    1,
    "castellan: Programs cannot sign in at a server: a person does, in a browser (person_wanted)",
  ]);
  expect(await served.castellan(["account", "list"])).toMatchObject({
    code: 0,
    stderr: "No server wants an account of yours\n",
  });
  expect(await served.castellan(["account", "unlink", "crm", "--yes"])).toMatchObject({ code: 2 });
});

test("a person is sent to the page to sign in, sees what they have, and unlinks it by the server's name", async () => {
  await add("--auth", "own_account", "--title", "CRM");
  await served.castellan(["portal", "add", "team", "--servers", "crm"]);
  await served.castellan(["portal", "allow", "team", "--everyone"]);
  const ada = await served.api.people.add(
    { directory: "workforce", email: "ada@example.com", name: "Ada" },
    { by: "owner" },
  );
  const { secret } = await served.api.letClientIn(ada.id);
  const asAda = (...args: string[]) => served.castellan(args, { env: { CASTELLAN_TOKEN: secret } });
  expect(await asAda("account", "list")).toEqual({
    code: 0,
    stdout: "",
    stderr: "CRM wants an account of yours: castellan account link crm\n",
  });
  const link = await asAda("account", "link", "crm");
  expect({ ...link, stdout: link.stdout.replace(/lnk_\w+/, "lnk_…") }).toEqual({
    code: 0,
    stdout: "http://localhost/links/requests/lnk_…\n",
    stderr: "Open this page in a browser to sign in at crm:\n",
  });
  const { id } = await served.api.linkAccount("crm", { kind: "person", id: ada.id });
  const listed = JSON.parse((await asAda("account", "list", "--json")).stdout) as object;
  expect(listed).toMatchObject({ items: [{ id, server: "crm", state: "linked" }], unlinked: [] });
  expect(await asAda("account", "unlink", "crm", "--yes")).toEqual({
    code: 0,
    stdout: "Your account at CRM is unlinked\n",
    stderr: "",
  });
});

test("an admin asks for more scopes with the shared sign-in", async () => {
  await add("--auth", "shared_account");
  const root = await served.api.people.add(
    { directory: "workforce", email: "root@example.com", name: "Root", role: "admin" },
    { by: "owner" },
  );
  const { secret } = await served.api.letClientIn(root.id);
  const login = await served.castellan(
    ["server", "login", "crm", "--scope", "mail:send", "--scope", "https://crm.example/all", "--json"],
    { env: { CASTELLAN_TOKEN: secret } },
  );
  const { id } = JSON.parse(login.stdout) as { id: string };
  expect(await served.api.credentials.links.find(id as never)).toMatchObject({
    owner: { kind: "shared" },
    scopes: ["https://crm.example/all", "mail:send"],
  });
});
