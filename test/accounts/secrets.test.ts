/**
 * No token of one side ever on the other: everything that was said in a run, on every wire, and everything that is left of
 * it, in logs, traces, metrics and tables, is searched for every secret that was used in it.
 */
import { sql } from "@castellan/database";
import { atOnce, startAuthorizationServer } from "@castellan/credentials/testing";
import { expect, test } from "vitest";
import { openReal } from "../field-lessons/sdk.ts";
import { last, outcome } from "../policy/approvals/scene.ts";
import { startCollector } from "./collector.ts";
import { pageIn, textIn } from "./answers.ts";
import { openAccounts, type HouseScene } from "./houses.ts";
import { notesUri } from "./upstream/notes.ts";
import { startProtectedServer } from "./upstream/protected-server.ts";

test("no secret is where it does not belong", async () => {
  await using opened = new AsyncDisposableStack();
  const collector = opened.use(await startCollector());
  const scene = opened.use(
    await openAccounts({ isTapped: true, env: { OTEL_EXPORTER_OTLP_ENDPOINT: collector.url } }),
  );
  const [ada, bob] = [await scene.come("Ada"), await scene.come("Bob")];

  // A server with accounts by registration, one with a client by hand, one with keys, one with a token for all.
  const clientSecret = "secret-of-a-client-by-hand";
  const first = opened.use(await startAuthorizationServer());
  const second = opened.use(await startAuthorizationServer({ hasRegistration: false }));
  const one = opened.use(await startProtectedServer({ authorizationServer: first }));
  const two = opened.use(await startProtectedServer({ authorizationServer: second, era: "legacy" }));
  const keys: Readonly<Record<string, string>> = {
    "key-of-ada-0123456789": "ada",
    "key-of-all-987654321": "svc",
  };
  const three = opened.use(await startProtectedServer({ knows: (token) => keys[token] }));
  const four = opened.use(await startProtectedServer({ knows: (token) => keys[token], era: "legacy" }));
  await scene.add("one", one);
  await scene.add("two", two, {
    fields: {
      auth: { kind: "own_account", issuer: second.issuer, client: { id: "by-hand" } },
      authSecrets: { clientSecret },
    },
    registered: ({ redirectUri }) =>
      second.register({ id: "by-hand", secret: clientSecret, redirectUris: [redirectUri] }),
  });
  const all = { token: "key-of-all-987654321" };
  await scene.add("three", three, {
    fields: { auth: { kind: "own_key" }, authSecrets: all },
    sharedAs: null,
  });
  await scene.add("four", four, { fields: { auth: { kind: "bearer" }, authSecrets: all }, sharedAs: null });

  // Linked, used, refreshed, refused, asked again, unlinked.
  for (const person of [ada, bob])
    for (const [slug, there] of [
      ["one", first],
      ["two", second],
    ] as const) {
      there.saidTtlSeconds = atOnce;
      await scene.linkHere(person, slug);
      there.saidTtlSeconds = undefined;
      const client = opened.use(await openReal("legacy", await person.door(slug)));
      await client.callTool({ name: `${slug}_note_add`, arguments: { text: "a" } });
      await client.getPrompt({ name: `${slug}_summary` });
      await client.readResource({ uri: notesUri });
      await scene.age(60);
      there.forgetAccessTokens();
      await client.callTool({ name: `${slug}_whoami`, arguments: {} });
    }
  first.forgetGrants("ada");
  expect(await outcome(scene.call(await ada.door("one"), "one_whoami"))).toBe("link_required");
  const asked = await last(scene.call(await ada.door("three"), "three_whoami"));
  const page = await ada.browser.open(pageIn(asked));
  await ada.browser.send(
    page.forms.find(({ action }) => action.endsWith("/key")),
    { key: "key-of-ada-0123456789" },
  );
  expect(textIn(await last(scene.call(await ada.door("three"), "three_whoami")))).toBe("ada");
  expect(textIn(await last(scene.call(await ada.door("four"), "four_whoami")))).toBe("svc");
  await scene.unlink(bob, "two");
  await scene.api("GET", "/config/export");
  for (const path of ["/servers", "/servers/two", "/servers/two/accounts", "/me/accounts", "/calls"])
    await ada.api("GET", path).catch(() => scene.admin.api("GET", path));
  const theirs = [...first.given, ...second.given, ...Object.keys(keys), clientSecret];
  const told = scene.tap?.told() ?? "";
  const answered = scene.tap?.answered() ?? "";
  const ours = [
    ...[ada, bob, scene.admin].map(({ password }) => password),
    ...found(told, /authorization: Bearer ([\w.~+/=-]+)/gi),
    ...found(answered, /set-cookie: [^=\r]+=([^;\r]{16,})/gi),
    ...found(answered, /"(?:access_token|refresh_token)":"([^"]+)"/g),
    ...found(answered, /[?&]code=([^&\s"]+)/g),
  ];
  expect([theirs.length > 20, ours.length > 10]).toEqual([true, true]);

  const leftHere = await leftOf(scene);
  await scene.house.flush();
  const left = { ...leftHere, traces: JSON.stringify(collector.received) };
  expect(left.traces).toContain("/v1/traces");
  // On our side: nothing of theirs is answered to anybody, and nothing at all is written down.
  expect(secretsIn(answered, theirs)).toEqual([]);
  for (const [place, text] of Object.entries(left))
    expect([place, secretsIn(text, [...theirs, ...ours])]).toEqual([place, []]);
  // On their side: nothing of ours; at servers nothing but access tokens; and nothing of another one's.
  const heard = {
    first: first.heard,
    second: second.heard,
    one: one.heard,
    two: two.heard,
    three: three.heard,
    four: four.heard,
  };
  for (const [place, lines] of Object.entries(heard))
    expect([place, secretsIn(lines.join("\n"), ours)]).toEqual([place, []]);
  const own = { one: one.visits, two: two.visits, three: three.visits, four: four.visits };
  for (const [place, visits] of Object.entries(own)) {
    const tokens = new Set(visits.map(({ token }) => token));
    const text = heard[place as keyof typeof heard].join("\n");
    expect([place, secretsIn(text, theirs).filter((secret) => !tokens.has(secret))]).toEqual([place, []]);
  }
  expect(secretsIn(second.heard.join("\n"), first.given)).toEqual([]);
  expect(secretsIn(first.heard.join("\n"), second.given)).toEqual([]);
  expect([one.strangers, two.strangers]).toEqual([[], []]);
});

function found(text: string, pattern: RegExp): string[] {
  return [...text.matchAll(pattern)].map(([, secret = ""]) => secret);
}

/** Those of the secrets that stand in a text, plainly or in a usual coding of it. */
function secretsIn(text: string, secrets: Iterable<string>): string[] {
  return [...new Set(secrets)].filter((secret) => {
    const bytes = Buffer.from(secret);
    const codings = [secret, encodeURIComponent(secret), bytes.toString("base64url"), bytes.toString("hex")];
    return codings.some((coded) => text.includes(coded));
  });
}

/** What is there when all is over. */
async function leftOf({ house }: HouseScene): Promise<Record<string, string>> {
  const tables = await house.database.query<{ name: string }>(sql`
    select quote_ident(table_name) as name from information_schema.tables where table_schema = 'public'`);
  const left: Record<string, string> = { log: house.log.join("\n"), metrics: await house.metrics() };
  for (const { name } of tables) {
    const rows = await house.database.query<{ row: string }>({
      text: `select t::text as row from ${name} as t`,
      values: [],
    });
    left[name] = rows.map(({ row }) => row).join("\n");
  }
  expect(left["linked_accounts"]).toContain("linked");
  return left;
}
