/**
 * What is exported from one installation and applied to an empty one makes the same platform: for admins, and for
 * callers, once its servers were read. Applied again it changes nothing.
 */
import { toolClasses } from "@castellan/access";
import { createClient, type Client } from "@castellan/client";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { startStocked, type StockedServer } from "../fixtures/stocked.ts";
import { openCaller } from "../harness/cells.ts";
import { startTestHouse, type TestHouse } from "../harness/house.ts";

const opened = new AsyncDisposableStack();
let first: TestHouse;
let second: TestHouse;
let [here, there]: Client[] = [];
let servers: Readonly<Record<"books" | "mail", StockedServer>>;
let document: ExportedDocument;

type ExportedDocument = Awaited<ReturnType<Client["exportConfiguration"]>>;

const object = { type: "object" };
const token = "s3cret-of-mail";
const secrets = { "env:MCP_MAIL_AUTHORIZATION": `Bearer ${token}` };

beforeAll(async () => {
  servers = {
    books: opened.use(
      await startStocked("modern", {
        tools: [
          { name: "read", annotations: { readOnlyHint: true }, inputSchema: object },
          { name: "write", inputSchema: object },
          { name: "burn", inputSchema: object },
        ],
        prompts: [{ name: "sum" }, { name: "drop" }],
        resources: [{ uri: "doc://1", name: "1" }],
        resourceTemplates: [{ uriTemplate: "doc://{n}", name: "n" }],
        instructions: "Read first",
      }),
    ),
    mail: opened.use(
      await startStocked("legacy", {
        tools: [
          { name: "read", inputSchema: object },
          { name: "send", inputSchema: object },
        ],
      }),
    ),
  };
  servers.mail.intercept = ({ request, response }) => {
    if (request.headers.authorization === `Bearer ${token}`) return false;
    response.writeHead(401).end();
    return true;
  };
  first = opened.use(await startTestHouse());
  second = opened.use(await startTestHouse());
  here = createClient({ url: first.url, token: first.adminToken });
  there = createClient({ url: second.url, token: second.adminToken });
  await furnish();
  document = await clientOf("first").exportConfiguration();
});
afterAll(() => opened.disposeAsync());

function clientOf(which: "first" | "second"): Client {
  const client = which === "first" ? here : there;
  if (client === undefined) throw new Error("not open yet");
  return client;
}

/** What an admin does in a first week, by hand. */
async function furnish(): Promise<void> {
  const admin = clientOf("first");
  const allowPrivate = Object.values(servers).map(({ url }) => new URL(url).host);
  await admin.addServer({
    body: {
      slug: "books",
      title: "The books",
      description: "All of them",
      url: servers.books.url,
      allowPrivate,
      clientFeatures: ["sampling"],
      uiHosts: ["ui.example.com"],
      limits: { callsPerMinute: 600, tools: { write: { concurrency: 2 } } },
      syncIntervalSeconds: 3600,
    },
  });
  await admin.addServer({
    body: { slug: "mail", url: servers.mail.url, allowPrivate, bearerToken: token, autoAccept: ["tool"] },
  });
  const { items } = await admin.listDefinitions({ params: { slug: "books" } });
  const pick = (...names: string[]) =>
    items
      .filter(({ name }) => names.includes(name))
      .map(({ kind, name, fingerprint }) => ({ kind, name, fingerprint }));
  const approved = pick("read", "sum", "drop", "doc://1", "doc://{n}", "modern");
  await admin.approveDefinitions({
    params: { slug: "books" },
    body: {
      definitions: [...approved, ...pick("write").map((one) => ({ ...one, class: "write" as const }))],
    },
  });
  await admin.rejectDefinitions({ params: { slug: "books" }, body: { definitions: pick("burn") } });
  await admin.addPortal({
    body: {
      slug: "work",
      title: "Work",
      naming: "plain",
      instructions: "Be kind.\nBe brief.",
      hostname: "work.example.com",
      isListed: true,
      servers: [
        {
          server: "mail",
          tools: { read: { alias: "read-mail" }, send: { description: "Sends" }, gone: { enabled: false } },
        },
        {
          server: "books",
          prompts: { drop: { enabled: false } },
          resources: { "doc://1": { description: "One" } },
        },
      ],
    },
  });
  await admin.addPortal({
    body: {
      slug: "open",
      autoAccept: ["tool"],
      servers: [
        { server: "books", mode: "allowlist", tools: { write: { enabled: true }, burn: { enabled: true } } },
        "mail",
      ],
      access: [{ who: "group:Writers", classes: ["read", "write"], servers: ["books"] }],
    },
  });
  await admin.addGroup({ body: { name: "Writers", description: "They write" } });
  await admin.addClient({
    body: {
      name: "Nightly",
      authMethod: "client_secret_post",
      grantTypes: ["client_credentials"],
      scopes: ["portal:open", "books:read"],
    },
  });
}

/** Of a client the secret, too, which is made where it is used. */
const perInstallation = new Set(
  "version managedBy headerRefs latencyMs decidedBy decidedByName createdBy secrets".split(" "),
);

/** Everything that admins see of it, but for when and by whom. */
async function platform(which: "first" | "second") {
  const admin = clientOf(which);
  const { items: shownServers } = await admin.listServers();
  const { items: shownPortals } = await admin.listPortals();
  const definitions = await Promise.all(
    shownServers.map(({ slug }) => admin.listDefinitions({ params: { slug } })),
  );
  const { items: groups } = await admin.listGroups();
  const { items: clients } = await admin.listClients({ query: { kind: "registered" } });
  // Ids are each installation's own, but those of clients.
  const ownGroups = groups.map((group) => ({ ...group, id: undefined }));
  const shown = { shownServers, shownPortals, definitions, ownGroups, clients };
  const text = JSON.stringify(shown, (key, value: unknown) =>
    perInstallation.has(key) || key.endsWith("At") ? undefined : value,
  );
  return JSON.parse(text) as object;
}

/** Everything that a caller sees of it. */
async function lists(which: "first" | "second", era: "legacy" | "modern") {
  const house = which === "first" ? first : second;
  const portals = ["work", "open"];
  const { secret } = await clientOf(which).addToken({
    body: { name: `caller-${era}-${crypto.randomUUID()}`, role: "member", portals, allow: [...toolClasses] },
  });
  return Promise.all(
    portals.map(async (slug) => {
      await using caller = await openCaller(era, { url: `${house.url}/p/${slug}/mcp`, token: secret });
      const methods = ["tools/list", "prompts/list", "resources/list", "resources/templates/list"];
      const replies = await Promise.all(methods.map((method) => caller.request(method)));
      return replies.map(({ message }) => message.result as unknown);
    }),
  );
}

test("the document holds what was made, and no secret", () => {
  const text = JSON.stringify(document);
  expect(text).not.toContain(token);
  expect(document).toMatchObject({
    servers: { mail: { headers: { authorization: { secretRef: "env:MCP_MAIL_AUTHORIZATION" } } } },
  });
});

describe("applied to an empty installation", () => {
  beforeAll(async () => {
    const { changes, syncing } = await clientOf("second").applyConfiguration({
      body: { document: document as never, secrets },
    });
    expect(changes.map(({ kind, slug, action }) => `${action} ${kind} ${slug}`)).toEqual([
      "create group workforce Writers",
      expect.stringMatching(/^create client cli_/),
      "create server books",
      "create server mail",
      "create portal open",
      "create portal work",
    ]);
    expect(syncing).toEqual(["books", "mail"]);
    for (const slug of syncing) await clientOf("second").syncServer({ params: { slug } });
  });

  test("it exports the same, to the letter", async () => {
    expect(JSON.stringify(await clientOf("second").exportConfiguration())).toBe(JSON.stringify(document));
  });

  test("an admin sees the same", async () => {
    expect(await platform("second")).toEqual(await platform("first"));
  });

  test.each(["legacy", "modern"] as const)("a %s caller sees the same", async (era) => {
    const [work, open] = await lists("first", era);
    expect(JSON.stringify(work)).toContain('"read-mail"');
    expect(JSON.stringify(open)).toContain('"books_write"');
    expect(JSON.stringify([work, open])).not.toContain("burn");
    expect(await lists("second", era)).toEqual([work, open]);
  });

  test("what is stored of the secret works there", async () => {
    const { state } = await clientOf("second").getServer({ params: { slug: "mail" } });
    expect(state.status).toBe("ready");
  });

  test("again it changes nothing: no version, no time, no read of a server", async () => {
    const admin = clientOf("second");
    const before = JSON.stringify([await admin.listServers(), await admin.listPortals()]);
    const asked = Object.values(servers).map(({ recording }) => recording.requests.length);
    for (const how of [{}, { secrets }, { secrets, prune: true }, { secrets, adopt: true }]) {
      expect(
        (await admin.planConfiguration({ body: { document: document as never, ...how } })).changes,
      ).toEqual([]);
      expect(await admin.applyConfiguration({ body: { document: document as never, ...how } })).toEqual({
        changes: [],
        syncing: [],
      });
    }
    expect(JSON.stringify([await admin.listServers(), await admin.listPortals()])).toBe(before);
    expect(Object.values(servers).map(({ recording }) => recording.requests.length)).toEqual(asked);
  });

  test("without the secret nothing is made", async () => {
    await using third = await startTestHouse();
    const admin = createClient({ url: third.url, token: third.adminToken });
    const refused = admin.applyConfiguration({ body: { document: document as never } });
    await expect(refused).rejects.toMatchObject({
      code: "secret_missing",
      field: "servers.mail.headers.authorization",
    });
    expect([(await admin.listServers()).items, (await admin.listPortals()).items]).toEqual([[], []]);
  });
});
